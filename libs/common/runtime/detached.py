"""Looks at people's disks, which may never answer: a share that is gone keeps the thread that asks it."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from libs.common.errors import Code, SluiceError

T = TypeVar("T")

SECONDS = 5.0
MOST = 64
"""Threads that may be stuck at once; a share that comes back lets them go."""


class DetachedCalls:
    """Runs each call in a thread of its own, which no one waits for at the end of the process.

    `seconds` None: as long as it takes. At most `most` calls at once.
    """

    def __init__(self, seconds: float | None = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(most)

    async def run(self, call: Callable[[], T], what: str) -> T:
        """What `call()` returns or raises; SluiceError read_failed if `what` does not answer in time."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        if not self._free.acquire(blocking=False):
            raise _silent(what, self._seconds)
        threading.Thread(target=self._call, args=(call, loop, result), name="aside", daemon=True).start()
        try:
            async with asyncio.timeout(self._seconds):
                return await result
        except TimeoutError as error:
            raise _silent(what, self._seconds) from error

    def _call(
        self, call: Callable[[], T], loop: asyncio.AbstractEventLoop, result: asyncio.Future[T]
    ) -> None:
        try:
            answer = call()
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is awaited
            _tell(loop, result, partial(result.set_exception, error))
        else:
            _tell(loop, result, partial(result.set_result, answer))
        finally:
            self._free.release()


def _tell(loop: asyncio.AbstractEventLoop, result: asyncio.Future[T], tell: Callable[[], None]) -> None:
    """In the loop, if that and somebody who waits are still there."""
    try:
        loop.call_soon_threadsafe(lambda: None if result.done() else tell())
    except RuntimeError:
        # The loop is closed: the answer came after the end.
        return


def _silent(what: str, seconds: float | None) -> SluiceError:
    waited = "" if seconds is None else f" in {seconds:g} s"
    detail = f"{what} does not answer{waited}: is its disk or share still connected?"
    return SluiceError(Code.READ_FAILED, detail, retryable=True)
