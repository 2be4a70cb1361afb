import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Code
from libs.common.events import (
    TERMINAL,
    Accepted,
    Counts,
    Finished,
    JobError,
    JobEvent,
    JobSnapshot,
    Listed,
    Outcome,
    Outcomes,
    ScanRequest,
    StateChanged,
    now,
)
from services.gateway.view.fold import Job, fold, requested, restored

JOB = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"

outcome = st.builds(
    lambda n, kind, cached, copy: Outcome(
        file_id=str(n),
        file=f"/photos/{n}.jpg",
        outcome=kind,
        source=("cache" if cached else "batch_ml") if kind == "stored" else None,
        code=Code.DECODE_FAILED if kind == "failed" else None,
        existing_id="x" if copy else None,
    ),
    st.integers(0, 12),
    st.sampled_from(["stored", "failed", "skipped"]),
    st.booleans(),
    st.booleans(),
)
event = st.one_of(
    st.builds(lambda items: Outcomes(job_id=JOB, items=tuple(items)), st.lists(outcome, max_size=6)),
    st.builds(
        lambda n, ignored, complete: Listed(job_id=JOB, found=n, ignored=ignored, bytes=9, complete=complete),
        st.integers(0, 20),
        st.integers(0, 5),
        st.booleans(),
    ),
    st.builds(
        lambda state: StateChanged(job_id=JOB, state=state),
        st.sampled_from(["running", "paused", "cancelling"]),
    ),
    st.just(Accepted(job_id=JOB, collection="c", partition=0, offset=1, directory_path="/photos")),
    st.just(JobError(job_id=JOB, code=Code.MODEL_MISMATCH, error="another model filled it")),
    st.builds(
        lambda state: Finished(
            job_id=JOB, state=state, total=3, stored=2, from_cache=1, failed=1, skipped=0, ignored=0
        ),
        st.sampled_from(["completed", "failed", "cancelled"]),
    ),
)
log = st.lists(event, min_size=1, max_size=30)


class Files:
    """Knows which outcomes are new, as the view does."""

    def __init__(self) -> None:
        self.seen: dict[str, Outcome] = {}

    def fresh(self, event: JobEvent) -> list[Outcome]:
        items = event.items if isinstance(event, Outcomes) else ()
        found = []
        for item in items:
            if item.file_id not in self.seen:
                self.seen[item.file_id] = item
                found.append(item)
        return found


def folded(records: Sequence[tuple[int, JobEvent]]) -> list[Job]:
    """The job after each record."""
    files, job, states = Files(), None, []
    for offset, one in records:
        if job is None or not (job.is_over or offset <= job.as_of):
            job = fold(job, one, offset, 1000.0 + offset, files.fresh(one))
        else:
            job = fold(job, one, offset, 1000.0 + offset)
        states.append(job)
    return states


@given(log, st.randoms(use_true_random=False))
def test_reading_records_again_changes_nothing(events: list[JobEvent], chance: random.Random) -> None:
    records = list(enumerate(events))
    replayed = []
    for index, record in enumerate(records):
        replayed.append(record)
        back = chance.randrange(index + 1)
        replayed += records[back : index + 1]

    assert folded(replayed)[-1] == folded(records)[-1]


@given(log)
def test_sums_agree(events: list[JobEvent]) -> None:
    for job in folded(list(enumerate(events))):
        assert job.done == job.stored + job.failed + job.skipped <= job.total
        assert job.from_cache <= job.stored
        if not job.is_over:
            assert sum(job.error_counts.values()) == job.failed


@given(log)
def test_an_event_sent_twice_counts_once(events: list[JobEvent]) -> None:
    """At least once: a stage may write the same event again, at a later offset."""
    doubled = [one for one in events for _ in range(2)]

    once, twice = folded(list(enumerate(events)))[-1], folded(list(enumerate(doubled)))[-1]

    assert (once.stored, once.failed, once.skipped, once.from_cache, once.error_counts, once.state) == (
        (twice.stored, twice.failed, twice.skipped, twice.from_cache, twice.error_counts, twice.state)
    )


@given(log)
def test_progress_never_goes_back_and_ends_at_100(events: list[JobEvent]) -> None:
    states = folded(list(enumerate(events)))
    progress = [0.0, *(job.progress for job in states)]

    assert progress == sorted(progress)
    assert all((job.progress == 100.0) == (job.state == "completed") for job in states)


@given(log)
def test_the_first_terminal_event_wins(events: list[JobEvent]) -> None:
    states = folded(list(enumerate(events)))
    over = [job for job in states if job.state in TERMINAL]

    assert all(job == over[0] for job in over)


@given(log, st.integers(0, 30))
def test_the_request_may_be_seen_before_or_after_the_events(events: list[JobEvent], place: int) -> None:
    request = ScanRequest(directory_path="/photos", collection="c")
    accepted = Accepted(job_id=JOB, collection="c", partition=0, offset=1, directory_path="/photos")
    records: list[tuple[int, JobEvent]] = list(enumerate([accepted, *events]))

    first: Job | None = requested(None, JOB, request, 900.0)
    files = Files()
    for offset, one in records:
        assert first is not None
        if not first.is_over:
            first = fold(first, one, offset, 1000.0 + offset, files.fresh(one))
    place = min(place, len(records) - 1)
    late = requested(folded(records)[place], JOB, request, 900.0)

    assert late.created_at == 900.0
    if place == len(records) - 1:
        assert late == first


def outcomes(*numbers: int) -> Outcomes:
    items = (Outcome(file_id=str(n), file=str(n), outcome="stored", source="batch_ml") for n in numbers)
    return Outcomes(job_id=JOB, items=tuple(items))


def listed(found: int, ignored: int = 0, *, complete: bool = False) -> Listed:
    return Listed(job_id=JOB, found=found, ignored=ignored, bytes=0, complete=complete)


def test_progress_stays_where_it_was_when_a_second_listing_finds_more() -> None:
    events: list[JobEvent] = [
        listed(10, complete=True),
        outcomes(*range(5)),
        listed(50, complete=True),
        outcomes(5),
    ]
    progress = [job.progress for job in folded(list(enumerate(events)))]

    assert progress == [0.0, 50.0, 50.0, 50.0]


def test_a_second_listing_counts_only_once_it_is_complete() -> None:
    events = [listed(10, 2, complete=True), listed(3, 1), listed(40, 9), listed(4, 1, complete=True)]
    found = [(job.found, job.ignored, job.listed) for job in folded(list(enumerate(events)))]

    assert found == [(10, 2, True), (10, 2, True), (10, 2, True), (4, 1, True)]


def test_a_job_waits_for_its_scanner_after_the_request() -> None:
    job = requested(None, JOB, ScanRequest(directory_path="/photos", collection="c"), 5.0)

    assert (job.state, job.accepted, job.directory_path, job.collection) == ("running", False, "/photos", "c")


def test_a_snapshot_restores_a_job_whose_events_are_gone() -> None:
    snapshot = JobSnapshot(
        job_id=JOB,
        collection="c",
        state="completed",
        counts=Counts(total=3, stored=2, from_cache=1, failed=1),
        error_counts={"decode_failed": 1},
        created_at=now(),
        updated_at=now(),
        finished_at=now(),
        as_of=7,
    )

    job = restored(snapshot)

    assert (job.stored, job.failed, job.total, job.progress, job.kept) == (2, 1, 3, 100.0, False)
    assert fold(job, StateChanged(job_id=JOB, state="running"), 99, 0.0) == job
