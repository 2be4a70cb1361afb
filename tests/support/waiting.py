"""Waiting for what a test wants to see, with a limit that a busy machine does not reach."""

import asyncio
from collections.abc import Awaitable, Callable

LIMIT_S = 180.0
PAUSE_S = 0.02


async def until(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = LIMIT_S) -> None:
    """Wait until the condition holds; fails with TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await _holds(condition):
            await asyncio.sleep(PAUSE_S)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    found = condition()
    return found if isinstance(found, bool) else await found
