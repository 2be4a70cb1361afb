"""The streams of all visitors, by the key that each gave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.dashboard.live.stream import JobStream


class Feed:
    """Opens a visitor's stream with their first page; `close` ends all."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._running: dict[str | None, tuple[JobStream, asyncio.Task[None]]] = {}

    def stream(self, api_key: str | None) -> JobStream:
        """The stream of this key, which runs."""
        stream, task = self._running.get(api_key, (None, None))
        if stream is None or task is None or task.done():
            self._running = {key: each for key, each in self._running.items() if not each[1].done()}
            stream = JobStream(self._http, api_key)
            self._running[api_key] = stream, asyncio.create_task(stream.run())
        return stream

    async def close(self) -> None:
        """End every stream."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def closing_feed(feed: Feed) -> AsyncIterator[Feed]:
    """The feed, whose streams end with the block."""
    try:
        yield feed
    finally:
        await feed.close()
