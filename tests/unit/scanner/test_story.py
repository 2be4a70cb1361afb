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
from services.scanner.story import Story


def finished(code: Code | None = None) -> Finished:
    return Finished(
        job_id="j", state="completed", code=code,
        total=0, stored=0, from_cache=0, failed=0, skipped=0, ignored=0,
    )  # fmt: skip


def told(*events: JobEvent) -> Story:
    story = Story()
    for event in events:
        story.fold(event)
    return story


def test_outcomes_are_handed_on() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    assert Story().fold(Outcomes(job_id="j", items=(outcome,))) == (outcome,)


def test_the_first_terminal_event_wins_and_nothing_counts_after_it() -> None:
    outcome = Outcome(file_id="a", file="a", outcome="stored")
    story = told(finished(), finished(Code.INTERNAL))
    assert story.finished is not None
    assert story.finished.code is None
    assert story.fold(Outcomes(job_id="j", items=(outcome,))) == ()


def test_the_most_that_was_listed_is_remembered() -> None:
    story = told(
        Listed(job_id="j", found=5, ignored=0, bytes=0),
        Listed(job_id="j", found=2, ignored=0, bytes=0),
    )
    assert story.found == 5


def test_the_last_state_and_the_first_error_are_kept() -> None:
    story = told(
        Accepted(job_id="j", collection="c", partition=0, offset=0),
        StateChanged(job_id="j", state="paused"),
        StateChanged(job_id="j", state="running"),
        JobError(job_id="j", code=Code.MODEL_MISMATCH, error="first"),
        JobError(job_id="j", code=Code.COLLECTION_GONE, error="second"),
    )
    assert story.accepted
    assert story.state == "running"
    assert story.error is not None
    assert story.error.code is Code.MODEL_MISMATCH
