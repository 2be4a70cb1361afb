"""A status that is waited for: answered on a change, at the job's end, or when the time is up."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.jobs.models import CountsOut, StatusOut
from services.gateway.jobs.polling import Answer, changed, etag_of

COUNTS = CountsOut(
    total=0, stored=0, from_cache=0, failed=0, skipped=0, ignored=0, in_flight=0
)  # fmt: skip
AT = datetime(2026, 1, 2, tzinfo=UTC)


def status(state: str = "running", **fields: Any) -> StatusOut:
    whole: dict[str, Any] = dict.fromkeys(StatusOut.model_fields) | {
        "job_id": "j", "status": "running", "state": state, "counts": COUNTS, "created_at": AT,
        "message": "", "rate": 0.0,
    }  # fmt: skip
    return StatusOut.model_construct(**(whole | fields))


def answers(*found: StatusOut) -> tuple[Callable[[], Awaitable[Answer]], list[StatusOut]]:
    rest = list(found)

    async def read() -> Answer:
        return Answer.of(rest.pop(0) if len(rest) > 1 else rest[0])

    return read, rest


async def soon(seconds: float) -> None:
    await asyncio.sleep(min(0.01, seconds))


def shown(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def test_without_waiting_it_is_read_once() -> None:
    read, rest = answers(status(), status("completed"))
    found = await changed(read, None, 0, soon)
    assert (shown(found)["state"], len(rest)) == ("running", 1)


async def test_it_is_answered_as_soon_as_it_differs_from_what_the_client_has() -> None:
    read, _ = answers(status(), status(), status(message="12 of 50 files"), status("completed"))
    found = await changed(read, etag_of(status()), 30, soon)
    assert shown(found)["message"] == "12 of 50 files"
    assert found.etag != etag_of(status())


async def test_what_the_clock_alone_changes_is_no_change() -> None:
    assert etag_of(status(rate=1.0, eta_seconds=9.0)) == etag_of(status(rate=2.0, eta_seconds=8.0))
    assert etag_of(status()) != etag_of(status("paused"))


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
async def test_a_job_that_is_over_is_answered_at_once(state: str) -> None:
    read, _ = answers(status(state))
    async with asyncio.timeout(5):
        await changed(read, etag_of(status(state)), 30, soon)


async def test_the_time_is_up_at_some_point() -> None:
    read, _ = answers(status())
    async with asyncio.timeout(5):
        found = await changed(read, etag_of(status()), 0.3, soon)
    assert found.etag == etag_of(status())
