"""How long a request waits for Kafka: clients give up after 10 s, so they are told before that."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from libs.common.kafka.time_limit import time_limit

SECONDS = 5.0


class Refreshable(Protocol):
    """A table of a compacted topic."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""


def deadline(doing: str, seconds: float | None = SECONDS) -> AbstractAsyncContextManager[None]:
    """A time limit for the block; None for none. UnavailableError broker_unavailable when it is over."""
    return time_limit(seconds, f"{doing} took Kafka longer than {seconds or SECONDS:.0f} s: try again")


async def refreshed(table: Refreshable) -> None:
    """Bring the table up to date; UnavailableError broker_unavailable if that takes too long."""
    async with deadline("reading what was written last"):
        await table.refresh()
