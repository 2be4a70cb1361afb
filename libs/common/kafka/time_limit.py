"""The time limit of what is asked of Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.errors import Code, UnavailableError


@asynccontextmanager
async def time_limit(seconds: float | None, detail: str) -> AsyncIterator[None]:
    """At most so many seconds for the block (None: no limit of its own).

    A TimeoutError in it, of this limit or another, is raised as UnavailableError broker_unavailable.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise UnavailableError(Code.BROKER_UNAVAILABLE, detail) from error
