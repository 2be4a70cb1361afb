"""Waiting for what a test wants to see, with a limit that a busy machine does not reach."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LIMIT_S = 180.0
PAUSE_S = 0.02


async def until(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = LIMIT_S) -> None:
    """Wait until the condition holds; fails with TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await _holds(condition):
            await asyncio.sleep(PAUSE_S)


async def eventually(look: Callable[[], Awaitable[T]], enough: Callable[[T], bool] = bool) -> T:
    """What a look gives, once that is enough; fails with TimeoutError."""
    async with asyncio.timeout(LIMIT_S):
        while not enough(seen := await look()):
            await asyncio.sleep(PAUSE_S)
    return seen


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    found = condition()
    return found if isinstance(found, bool) else await found
