import pytest
from msgspec.structs import replace

from libs.common.errors import Code
from libs.common.events import (
    Accepted,
    Finished,
    JobError,
    JobEvent,
    Listed,
    Outcome,
    Outcomes,
    StateChanged,
    TaskEvent,
)
from libs.common.projection import seal_of
from services.scanner.jobs.projection import Projected


def finished(code: Code | None = None) -> Finished:
    return Finished(
        job_id="j", state="completed", code=code,
        total=0, stored=0, from_cache=0, failed=0, skipped=0, ignored=0,
    )  # fmt: skip


def accepted(seal: str | None = None) -> Accepted:
    return Accepted(job_id="j", collection="c", partition=0, offset=0, seal=seal)


def folded(*events: JobEvent) -> Projected:
    projected = Projected()
    for event in events:
        projected.fold(event)
    return projected


def test_outcomes_are_handed_on() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    assert Projected().fold(Outcomes(job_id="j", items=(outcome,))) == (outcome,)


def test_the_first_terminal_event_wins_and_nothing_counts_after_it() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    projected = folded(finished(), finished(Code.INTERNAL))
    assert projected.job.is_over
    assert projected.job.code is None
    assert projected.fold(Outcomes(job_id="j", items=(outcome,))) == ()


@pytest.mark.parametrize("proof", [None, "", "another"])
def test_only_the_owner_of_a_job_ends_it(proof: str | None) -> None:
    seal = seal_of("secret")
    projected = folded(accepted(seal), replace(finished(), proof=proof), accepted(seal_of("another")))
    assert not projected.job.is_over
    projected.fold(replace(finished(), proof="secret"))
    assert projected.job.is_over


def test_the_owner_knows_its_seal_whatever_the_events_say() -> None:
    projected = Projected(seal_of("secret"))
    projected.fold(accepted(seal_of("another")))
    projected.fold(replace(finished(), proof="another"))
    assert not projected.job.is_over
    projected.fold(replace(finished(), proof="secret"))
    assert projected.job.is_over


def test_a_job_of_a_release_without_seals_ends_with_its_first_terminal_event() -> None:
    assert folded(accepted(), accepted(seal_of("late")), finished()).job.is_over


def test_the_most_that_was_listed_is_remembered() -> None:
    projected = folded(
        Listed(job_id="j", found=5, ignored=0, bytes=0),
        Listed(job_id="j", found=2, ignored=0, bytes=0),
    )
    assert projected.job.found == 5


def test_the_last_state_and_the_first_error_are_kept() -> None:
    projected = folded(
        Accepted(job_id="j", collection="c", partition=0, offset=0),
        StateChanged(job_id="j", state="paused"),
        StateChanged(job_id="j", state="running"),
        JobError(job_id="j", code=Code.MODEL_MISMATCH, error="first"),
        JobError(job_id="j", code=Code.COLLECTION_GONE, error="second"),
    )
    assert projected.job.accepted
    assert projected.job.state == "running"
    assert projected.ending is not None
    assert projected.ending.code is Code.MODEL_MISMATCH


def test_an_event_of_a_task_under_a_jobs_id_changes_nothing() -> None:
    task = TaskEvent(job_id="j", kind="merge", collection="c", state="completed")
    assert folded(task).job == folded().job
