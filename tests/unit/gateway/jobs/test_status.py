"""What a status says of the time that is left, and of what a job waits for."""

from typing import Any

import pytest

from services.gateway.jobs.models import StatusOut
from services.gateway.jobs.reader import Report
from services.gateway.jobs.status import status_out
from services.gateway.view.fold import Job
from services.gateway.view.rate import Rate

AWAY = "waiting for the ML service at http://ml:8001: connection refused"


def status(waiting: str | None = None, **job: Any) -> StatusOut:
    """Of a job that has done 10 files a second for ten seconds, and has 300 in all, at that moment."""
    rate = Rate()
    for second in range(11):
        rate = rate.after(10, 1000.0 + second)
    fields: dict[str, Any] = {
        "found": 300,
        "listed": True,
        "accepted": True,
        "stored": 100,
        "rate": rate,
    } | job
    made = Job(job_id="j", created_at=1000.0, updated_at=1010.0, **fields)
    empty: tuple[list[Any], str | None] = ([], None)
    return status_out(Report(made, [], [], [], empty, empty, empty, empty), 1010.0, waiting, [])


def test_the_time_that_is_left_follows_from_the_rate() -> None:
    reported = status()

    assert reported.rate == pytest.approx(10, rel=0.35)
    assert reported.eta_seconds == pytest.approx(200 / reported.rate, abs=0.1)


@pytest.mark.parametrize("job", [{"listed": False}, {"state": "paused"}, {"rate": Rate()}])
def test_it_is_not_told_where_nobody_can_know(job: dict[str, Any]) -> None:
    assert status(**job).eta_seconds is None


def test_a_job_that_is_over_has_no_time_left_and_waits_for_nothing() -> None:
    reported = status(AWAY, state="completed", finished_at=1010.0)

    assert (reported.eta_seconds, reported.waiting_reason) == (0.0, None)


def test_what_is_waited_for_is_told_in_its_own_field_and_in_the_message() -> None:
    reported = status(AWAY)

    assert reported.waiting_reason == AWAY
    assert reported.message == f"100 of 300 files done; {AWAY}"
    assert status(accepted=False).waiting_reason == "waiting for a scanner"


def test_a_cancelled_job_does_not_say_that_all_is_done() -> None:
    reported = status(state="cancelled", finished_at=1010.0, stored=40, failed=0, skipped=260)

    assert reported.message == "Cancelled: 40 stored, 0 failed, 260 of 300 not done"
