"""The checker of the chaos proof finds each promise that can be broken."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from libs.common.errors import Code
from libs.common.events import (
    Accepted,
    Counts,
    DeadLetter,
    Finished,
    JobEvent,
    JobSnapshot,
    Outcome,
    Outcomes,
    now,
)
from libs.common.store.protocol import Record
from tests.chaos.checker import complaints, lost
from tests.chaos.jobs import Submitted
from tests.chaos.library import Expected, Folder
from tests.chaos.poison import complaints as poison_complaints
from tests.chaos.truth import JobTruth, Truth

JOB = "j"
GOOD = Expected("/p/a.jpg", sha256="aa", vector=(0.6, 0.8))
BROKEN = Expected("/p/b.jpg", Code.EMPTY_FILE)
JOBS = [Submitted(JOB, Folder(Path("/p"), "one", {"a": GOOD, "b": BROKEN}))]
STORED = Outcome(file_id="a", file=GOOD.path, outcome="stored", source="batch_ml")
FAILED = Outcome(file_id="b", file=BROKEN.path, outcome="failed", code=Code.EMPTY_FILE, error="empty")
COSTLY = Outcome(file_id="a", file=GOOD.path, outcome="failed", code=Code.ML_REJECTED, error="no")
STRANGE = Outcome(file_id="z", file="/p/z.jpg", outcome="stored", source="cache")
DEAD = DeadLetter(
    topic="paths", partition=0, offset=1, code=Code.UNDECODABLE_RECORD, error="rubbish", body=b"poison"
)
END = Finished(job_id=JOB, state="completed", total=2, stored=1, from_cache=0, failed=1, skipped=0, ignored=0)
POINT = Record("a", {"full_path": GOOD.path, "file_hash": "aa"}, [6.0, 8.0])


def job(*events: JobEvent) -> JobTruth:
    found = JobTruth()
    for event in (Accepted(job_id=JOB, collection="one", partition=0, offset=0), *events):
        found.fold(event)
    return found


def reported(*outcomes: Outcome) -> Outcomes:
    return Outcomes(job_id=JOB, items=outcomes)


def snapshot(stored: int = 1) -> JobSnapshot:
    return JobSnapshot(
        job_id=JOB, collection="one", state="completed", counts=Counts(total=2, stored=stored, failed=1),
        error_counts={}, created_at=now(), updated_at=now(), as_of=3,
    )  # fmt: skip


def kept() -> Truth:
    """What is left behind when every promise was kept."""
    return Truth(
        jobs={JOB: job(reported(STORED, FAILED), END)},
        outcome_times=[1.0],
        snapshots={JOB: snapshot()},
        dead_letters=[],
        points={"one": {"a": POINT}},
    )


def with_events(*events: JobEvent) -> Callable[[Truth], Truth]:
    return lambda truth: replace(truth, jobs={JOB: job(*events)})


def with_point(point: Record) -> Callable[[Truth], Truth]:
    return lambda truth: replace(truth, points={"one": {"a": POINT} | {point.id: point}})


def test_it_finds_nothing_wrong_with_what_is_right() -> None:
    assert list(complaints(JOBS, kept())) == []
    assert lost(JOBS, kept()) == 0


def test_work_done_twice_is_no_complaint() -> None:
    truth = with_events(reported(STORED, FAILED), reported(STORED), END)(kept())
    assert list(complaints(JOBS, truth)) == []
    assert truth.jobs[JOB].repeated == 1


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (with_events(reported(FAILED), END), "without an outcome"),
        (with_events(reported(STORED, FAILED)), "0 terminal events"),
        (with_events(reported(STORED, FAILED), END, END), "2 terminal events"),
        (with_events(reported(FAILED), END, reported(STORED)), "after the job's end"),
        (with_events(reported(STORED, FAILED), reported(COSTLY), END), "contradict"),
        (with_events(reported(COSTLY, FAILED), END), "another outcome than theirs"),
        (with_events(reported(STORED, FAILED, STRANGE), END), "files that are not there"),
        (lambda truth: replace(truth, jobs={}), "left no event"),
        (lambda truth: replace(truth, jobs=truth.jobs | {"k": job()}), "no one asked for"),
        (lambda truth: replace(truth, snapshots={JOB: snapshot(stored=0)}), "its last snapshot says"),
        (lambda truth: replace(truth, snapshots={}), "no snapshot"),
        (lambda truth: replace(truth, points={"one": {}}), "without a point"),
        (with_point(Record("z", {}, [1.0, 0.0])), "points of no stored file"),
        (with_point(Record("a", POINT.payload, [8.0, 6.0])), "not their file's"),
        (
            with_point(Record("a", {"full_path": GOOD.path, "file_hash": "bb"}, [6.0, 8.0])),
            "not their file's",
        ),
    ],
)
def test_it_finds_what_is_wrong(broken: Callable[[Truth], Truth], words: str) -> None:
    assert any(words in sentence for sentence in complaints(JOBS, broken(kept())))


def test_it_counts_what_is_lost() -> None:
    assert lost(JOBS, with_events(reported(FAILED), END)(kept())) == 1
    assert lost(JOBS, replace(kept(), jobs={})) == 2


class Sent:
    """Poison that was sent, without a broker."""

    def __init__(self, *places: tuple[str, int, int]) -> None:
        self.sent, self.places = {b"poison"}, set(places)


def test_poison_with_its_letter_is_accounted_for_also_if_told_twice() -> None:
    assert poison_complaints([DEAD, DEAD], Sent(("paths", 0, 1))) == []


def test_poison_without_a_letter_and_letters_without_poison_are_found() -> None:
    [silent, strange] = poison_complaints([structs.replace(DEAD, body=b"sound")], Sent(("images", 0, 7)))
    assert "no dead letter" in silent
    assert "were sound" in strange
