from datetime import timedelta
from typing import Literal

from libs.common import stages
from libs.common.events import Heartbeat, now
from libs.common.stages import INFERENCER, UPSERTER
from services.gateway.system.presence import batch_of, by_stage, instances, not_ready, waiting_reason

NOW = now()
PIPELINE = stages.needed()
State = Literal["starting", "ready", "waiting", "stopped"]


def beat(
    stage: str, state: State = "ready", reason: str | None = None, age_s: float = 0, name: str = "1"
) -> Heartbeat:
    return Heartbeat(
        instance=f"{stage}-{name}", stage=stage, release="1", state=state, reason=reason,
        at=NOW - timedelta(seconds=age_s),
    )  # fmt: skip


ALL = [beat(stage) for stage in PIPELINE]


def test_with_every_stage_ready_nothing_waits() -> None:
    found = instances(ALL, NOW)

    assert not_ready(found) is None
    assert waiting_reason(found) is None


def test_an_instance_of_a_stage_that_there_is_not_is_not_shown() -> None:
    forged = [beat("<script>", "waiting", "send money"), beat("scanner2")]

    assert {instance.stage for instance in instances([*ALL, *forged], NOW)} == set(PIPELINE)


def test_a_waiting_stage_gives_its_reason() -> None:
    found = instances([*ALL[:-1], beat("upserter", "waiting", "Qdrant is away")], NOW)

    assert not_ready(found) is not None
    assert waiting_reason(found) == "upserter: Qdrant is away"


def test_one_working_instance_is_enough() -> None:
    found = instances([*ALL, beat("upserter", "waiting", "Qdrant is away", name="2")], NOW)

    assert not_ready(found) is None
    assert waiting_reason(found) is None


def test_a_stage_that_nobody_runs_is_waited_for() -> None:
    assert waiting_reason(instances(ALL[1:], NOW)) == f"waiting for a {PIPELINE[0]}"


def test_an_instance_that_went_silent_is_gone() -> None:
    found = instances([beat("scanner", age_s=120)], NOW)

    assert by_stage(found) == {"scanner": "gone"}


def test_an_instance_that_said_goodbye_long_ago_is_forgotten() -> None:
    assert instances([beat("scanner", "stopped", age_s=4000)], NOW) == []


def test_a_batch_is_the_smallest_that_living_instances_report() -> None:
    reports: list[tuple[State, int | None]] = [
        ("ready", 64),
        ("waiting", 48),
        ("stopped", 8),
        ("ready", None),
    ]
    beats = [
        Heartbeat(instance=f"upserter-{n}", stage="upserter", release="1", state=state, at=NOW, batch=batch)
        for n, (state, batch) in enumerate(reports)
    ]

    assert batch_of(UPSERTER, instances(beats, NOW)) == 48
    assert batch_of(INFERENCER, instances(beats, NOW)) is None


def test_an_instance_that_holds_records_and_waits_is_named() -> None:
    bad = Heartbeat(
        instance="upserter-2", stage="upserter", release="1", state="waiting", at=NOW, held=40,
        reason="Qdrant refuses the connection",
    )  # fmt: skip
    found = instances([*ALL, bad], NOW)

    assert not_ready(found) is None
    assert waiting_reason(found) == "upserter-2 holds 40 records and waits: Qdrant refuses the connection"
