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
)
from services.scanner.jobs.projection import JobProjection


def finished(code: Code | None = None) -> Finished:
    return Finished(
        job_id="j", state="completed", code=code,
        total=0, stored=0, from_cache=0, failed=0, skipped=0, ignored=0,
    )  # fmt: skip


def told(*events: JobEvent) -> JobProjection:
    projection = JobProjection()
    for event in events:
        projection.fold(event)
    return projection


def test_outcomes_are_handed_on() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    assert JobProjection().fold(Outcomes(job_id="j", items=(outcome,))) == (outcome,)


def test_the_first_terminal_event_wins_and_nothing_counts_after_it() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    projection = told(finished(), finished(Code.INTERNAL))
    assert projection.finished is not None
    assert projection.finished.code is None
    assert projection.fold(Outcomes(job_id="j", items=(outcome,))) == ()


def test_the_most_that_was_listed_is_remembered() -> None:
    projection = told(
        Listed(job_id="j", found=5, ignored=0, bytes=0),
        Listed(job_id="j", found=2, ignored=0, bytes=0),
    )
    assert projection.found == 5


def test_the_last_state_and_the_first_error_are_kept() -> None:
    projection = told(
        Accepted(job_id="j", collection="c", partition=0, offset=0),
        StateChanged(job_id="j", state="paused"),
        StateChanged(job_id="j", state="running"),
        JobError(job_id="j", code=Code.MODEL_MISMATCH, error="first"),
        JobError(job_id="j", code=Code.COLLECTION_GONE, error="second"),
    )
    assert projection.accepted
    assert projection.state == "running"
    assert projection.error is not None
    assert projection.error.code is Code.MODEL_MISMATCH
