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


async def until_available(
    call: Callable[[], Awaitable[T]],
    away: Callable[[UnavailableError], None],
    back: Callable[[], None] = lambda: None,
) -> T:
    """What `call` gives, tried again for as long as it raises UnavailableError.

    `away` is given each such error; if there was one, `back` is called at the end, however that comes.
    """
    waits, waited = pauses(FIRST_PAUSE_S), False
    try:
        while True:
            try:
                return await call()
            except UnavailableError as error:
                waited = True
                away(error)
            await asyncio.sleep(next(waits))
    finally:
        if waited:
            back()
