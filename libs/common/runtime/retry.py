"""The one retry policy: what is away comes back, so it is tried again, with pauses that grow to a limit."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from libs.common.errors import UnavailableError

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0

T = TypeVar("T")


def pauses(first_s: float) -> Iterator[float]:
    """Seconds to wait before each next try, endless: twice as long each time, up to LONGEST_PAUSE_S."""
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


async def patiently(call: Callable[[], Awaitable[T]], away: Callable[[UnavailableError], None]) -> T:
    """What `call` gives, tried again for as long as it raises UnavailableError, which `away` then hears."""
    waits = pauses(FIRST_PAUSE_S)
    while True:
        try:
            return await call()
        except UnavailableError as error:
            away(error)
        await asyncio.sleep(next(waits))
