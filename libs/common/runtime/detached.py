"""Looks at people's disks, which may never answer: a share that is gone keeps the thread that asks it."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from libs.common.errors import Code, SluiceError

T = TypeVar("T")

SECONDS = 5.0
MOST = 64
"""Threads that may be stuck at once; a share that comes back lets them go."""
IDLE_SECONDS = 1.0
"""How long a thread waits for another call."""


class DetachedCalls:
    """Runs each call in a thread for itself, which no one waits for at the end of the process.

    `seconds` None: as long as it takes. At most `most` calls at once.
    """

    def __init__(self, seconds: float | None = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(most)
        self._idle = deque[_Aside]()

    async def run(self, call: Callable[[], T], what: str) -> T:
        """What `call()` returns or raises; SluiceError read_failed if `what` does not answer in time."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        if not self._free.acquire(blocking=False):
            raise _silent(what, self._seconds)
        self._begin(partial(self._called, call, loop, result))
        try:
            async with asyncio.timeout(self._seconds):
                return await result
        except TimeoutError as error:
            raise _silent(what, self._seconds) from error

    def _begin(self, call: "Call") -> None:
        with suppress(IndexError):
            while not self._idle.pop().takes(call):
                pass
            return
        _Aside(self._idle).start(call)

    def _called(
        self, call: Callable[[], T], loop: asyncio.AbstractEventLoop, result: asyncio.Future[T]
    ) -> Callable[[], None]:
        """Make the call; what tells its result, for when the thread is free again."""
        try:
            tell = partial(result.set_result, call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is awaited
            tell = partial(result.set_exception, error)
        finally:
            self._free.release()
        return partial(_tell, loop, result, tell)


Call = Callable[[], Callable[[], None]]
"""Returns what is to be done once its thread is free for another."""


class _Aside:
    """A thread that makes one call after the other: starting one takes longer than most looks at a disk."""

    def __init__(self, idle: "deque[_Aside]") -> None:
        """While it has nothing to do it is in `idle`."""
        self._idle = idle
        self._next: SimpleQueue[Call] = SimpleQueue()
        self._turn = threading.Lock()
        self._ended = False

    def start(self, call: Call) -> None:
        """Make this call, the first."""
        self._next.put(call)
        threading.Thread(target=self._run, name="aside", daemon=True).start()

    def takes(self, call: Call) -> bool:
        """Make this call next; False if the thread has ended."""
        with self._turn:
            if not self._ended:
                self._next.put(call)
            return not self._ended

    def _run(self) -> None:
        while (call := self._following()) is not None:
            tell = call()
            self._idle.append(self)
            tell()

    def _following(self) -> Call | None:
        try:
            return self._next.get(timeout=IDLE_SECONDS)
        except Empty:
            with self._turn:
                self._ended = self._next.empty()
        if not self._ended:
            return self._next.get()
        with suppress(ValueError):  # somebody has just found out
            self._idle.remove(self)
        return None


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
