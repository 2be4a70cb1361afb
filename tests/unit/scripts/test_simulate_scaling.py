"""The scalers of overlays/production over a job: they follow the lag, and do not change their mind soon."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from scripts import simulate_scaling
from scripts.simulate_scaling import INPUTS, Scaler, replay, simulate, turns


@pytest.mark.parametrize(
    ("files", "cached", "rates"),
    [
        (20_000, 0.0, {}),
        (20_000, 1.0, {"processor": 400.0}),
        (20_000, 0.5, {}),
        (2_000, 0.0, {"inferencer": 200.0}),
        (20_000, 0.0, {"upserter": 20.0}),
    ],
)
def test_a_job_is_drained_without_flapping(
    files: int, cached: float, rates: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate_scaling, "RATES", simulate_scaling.RATES | rates)

    run = simulate(files, cached)

    assert sum(run.lags[-1].values()) < 1
    for scaler in run.scalers.values():
        counts = [count for _, count in scaler.changes]
        assert turns(scaler) <= 3
        assert not _soon_regretted(scaler), "what was added stays for the five minutes of its window"
        assert max(counts, default=1) <= scaler.spec["maxReplicaCount"]
        assert scaler.replicas == scaler.spec["minReplicaCount"]


def _soon_regretted(scaler: Scaler) -> list[int]:
    """When replicas were taken away less than five minutes after some were added."""
    counts = [(0, 1), *scaler.changes]
    steps = [(at, after - before) for (_, before), (at, after) in pairwise(counts)]
    added = [at for at, step in steps if step > 0]
    return [at for at, step in steps if step < 0 and any(0 < at - other < 300 for other in added)]


def test_more_replicas_come_where_files_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_scaling, "RATES", {"processor": 5.0, "inferencer": 900.0, "upserter": 900.0})

    run = simulate(20_000)

    most = {
        name: max((count for _, count in scaler.changes), default=1) for name, scaler in run.scalers.items()
    }
    assert most["processor"] == 12
    assert most["inferencer"] == most["upserter"] == 1
    assert run.done_at < 20_000 / 5.0 / 6


def test_a_slow_model_gets_its_replicas_though_only_seconds_of_work_are_under_way() -> None:
    run = simulate(20_000)

    assert max(count for _, count in run.scalers["inferencer"].changes) == 3
    assert run.done_at < 20_000 / simulate_scaling.RATES["inferencer"] / 2


def test_every_topic_that_a_scaler_asks_about_is_simulated() -> None:
    topics = {
        trigger["metadata"]["topic"]
        for each in simulate_scaling.scalers().values()
        for trigger in each.spec["triggers"]
    }
    assert topics == {topic for topics in INPUTS.values() for topic in topics}


def test_a_recording_is_decided_over_as_the_job_that_it_is_of(tmp_path: Path) -> None:
    run = simulate(2_000)
    recording = tmp_path / "lags.csv"
    with recording.open("w", newline="") as file:
        writer = csv.DictWriter(file, ("second", *run.lags[0]))
        writer.writeheader()
        for second, lags in enumerate(run.lags[: run.done_at]):
            writer.writerow({"second": second} | {topic: round(lag) for topic, lag in lags.items()})

    again = replay(recording)

    assert {name: scaler.changes for name, scaler in again.scalers.items()} == {
        name: scaler.changes for name, scaler in run.scalers.items()
    }
