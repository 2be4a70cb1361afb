"""How long a request waits for Kafka: clients give up after 10 s, so they are told before that."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from libs.common.kafka.time_limit import time_limit

SECONDS = 5.0

T = TypeVar("T")


class Refreshable(Protocol):
    """A table of a compacted topic."""

    @property
    def changes(self) -> int:
        """A number that grows with each change."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""


def deadline(doing: str, seconds: float | None = SECONDS) -> AbstractAsyncContextManager[None]:
    """A time limit for the block; None for none. UnavailableError broker_unavailable when it is over."""
    return time_limit(seconds, f"{doing} took Kafka longer than {seconds or SECONDS:.0f} s: try again")


async def refreshed(table: Refreshable) -> None:
    """Bring the table up to date; UnavailableError broker_unavailable if that takes too long."""
    async with deadline("reading what was written last"):
        await table.refresh()


async def as_of_now(table: Refreshable, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `read` gives of a table that is up to date; raises as `refreshed` and `read` do.

    It begins before that is certain, and is done again if something was written: to ask the brokers takes as
    long as a search.
    """
    before = table.changes
    early = asyncio.create_task(read())
    try:
        await refreshed(table)
        if table.changes == before:
            return await early
    finally:
        early.cancel()
        await asyncio.gather(early, return_exceptions=True)
    return await read()
