"""Waiting out a dependency that is away: a task goes on where it was."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.common.errors import UnavailableError

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]], look: Callable[[], None]) -> T:
    """The call's result, tried again for as long as what it needs is away; `look` may raise meanwhile."""
    pause_s = FIRST_PAUSE_S
    while True:
        look()
        try:
            return await call()
        except UnavailableError:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
