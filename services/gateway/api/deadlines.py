"""How long a request waits for Kafka: clients give up after 10 s, so they are told before that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from libs.common.errors import Code, UnavailableError

SECONDS = 5.0


class Refreshable(Protocol):
    """A table of a compacted topic."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""


@asynccontextmanager
async def patience(doing: str, seconds: float | None = SECONDS) -> AsyncIterator[None]:
    """A time limit for the block; None for none. UnavailableError broker_unavailable when it is over."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise UnavailableError(
            Code.BROKER_UNAVAILABLE, f"{doing} took Kafka longer than {seconds:.0f} s: try again"
        ) from error


async def refreshed(table: Refreshable) -> None:
    """Bring the table up to date, patiently."""
    async with patience("reading what was written last"):
        await table.refresh()
