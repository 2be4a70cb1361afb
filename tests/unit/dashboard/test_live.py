"""Following the gateway's stream of jobs, over breaks of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from services.dashboard.live.events import Event, parsed
from services.dashboard.live.feed import Feed, closing_feed
from services.dashboard.live.stream import JobStream
from sluice.models.jobs import JobRow
from tests.support.waiting import until

JOB = (
    '{{"job_id": "{0}", "state": "running", "created_at": "2026-01-01T00:00:00Z", '
    '"counts": {{"stored": {1}}}}}'
)


def event(job: str, stored: int, place: str) -> str:
    return f"event: job\nid: {place}\ndata: {JOB.format(job, stored)}\n\n"


async def test_events_of_several_lines_and_signs_of_life_are_read() -> None:
    async def lines() -> AsyncIterator[str]:
        for line in ("retry: 2000", "", "id:7", "data: a", "data: b", "", ": alive", "id: 8", ""):
            yield line

    assert [each async for each in parsed(lines())] == [Event(), Event("7", "a\nb"), Event("8")]


async def test_after_a_break_it_goes_on_where_it_ended_and_says_that_the_gateway_was_away() -> None:
    asked: list[str | None] = []
    bodies = [event("a", 1, "1") + event("a", 4, "2"), None, event("a", 9, "3")]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        body = bodies.pop(0) if bodies else None
        if body is None:
            raise httpx.ConnectError("away")
        return httpx.Response(200, text=body)

    seen: list[JobRow | None] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://g") as http:
        stream = JobStream(http, None, pause_s=0.01)
        stream.listeners.add(seen.append)
        task = asyncio.create_task(stream.run())
        await until(lambda: [job.counts.stored for job in seen if job] == [1, 4, 9])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert asked[:3] == [None, "2", "2"]
    assert None in seen
    assert sum(count for _, count in stream.finished) == 8


async def test_pages_of_one_visitor_share_a_stream_and_those_of_another_have_their_own() -> None:
    keys: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("x-api-key"))
        return httpx.Response(200, text="")

    transport = httpx.MockTransport(answer)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://g") as http,
        closing_feed(Feed(http)) as feed,
    ):
        assert feed.stream("one") is feed.stream("one")
        assert feed.stream("other") is not feed.stream("one")
        await until(lambda: len(keys) == 2)
    assert keys == ["one", "other"]
