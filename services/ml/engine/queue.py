"""What waits for the device: single calls first, then prepared images in batches."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from libs.common.errors import Code, FileError, UnavailableError
from services.ml.engine.backend import Described

LINGER_S = 0.005
"""How long the first image of a batch waits for others that are being prepared."""

Outcome = Described | FileError


@dataclass(frozen=True, slots=True)
class Call:
    """Something to be done by the device's thread."""

    work: Callable[[], Any]
    result: "Future[Any]"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A prepared image, and who waits for what becomes of it."""

    prepared: Any
    result: "Future[Outcome]"
    since: float = field(default_factory=time.monotonic)


Batch = Sequence[Waiting]


class DeviceQueue:
    """Filled from any thread, emptied by the device's."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._calls: deque[Call] = deque()
        self._images: deque[Waiting] = deque()
        self._expected = 0
        self._closed = False

    def call(self, work: Callable[[], Any]) -> "Future[Any]":
        """Have `work` done; its result, or UnavailableError if the queue is closed."""
        call = Call(work, Future())
        self._put(lambda: self._calls.append(call), call.result)
        return call.result

    def expect(self, images: int) -> None:
        """So many images are being prepared: a batch may wait for them."""
        with self._changed:
            self._expected += images

    def put(self, prepared: Any, result: "Future[Outcome]") -> None:
        """One of the images that were expected."""
        self._put(lambda: self._images.append(Waiting(prepared, result)), result, came=1)

    def miss(self) -> None:
        """One of the images that were expected will not come."""
        with self._changed:
            self._expected -= 1
            self._changed.notify()

    def close(self) -> None:
        """Nothing more is taken; what waits ends with UnavailableError."""
        with self._changed:
            self._closed = True
            for result in [*(each.result for each in self._calls), *(each.result for each in self._images)]:
                _abandon(result)
            self._calls.clear()
            self._images.clear()
            self._changed.notify()

    def take(self, most: int, idle_s: float | None) -> Call | Batch | None:
        """A call, or up to `most` images; an empty batch once nothing came for `idle_s`; None when closed."""
        until = None if idle_s is None else time.monotonic() + idle_s
        with self._changed:
            while not self._closed:
                if self._calls:
                    return self._calls.popleft()
                if self._images and (wait_s := self._patience(most)) <= 0:
                    return [self._images.popleft() for _ in range(min(most, len(self._images)))]
                now = time.monotonic()
                if not self._images and until is not None and now >= until and not self._expected:
                    return []
                self._changed.wait(
                    wait_s if self._images else None if until is None else max(until - now, 0.01)
                )
        return None

    def _put(self, put: Callable[[], None], result: "Future[Any]", came: int = 0) -> None:
        with self._changed:
            self._expected -= came
            if self._closed:
                _abandon(result)
                return
            put()
            self._changed.notify()

    def _patience(self, most: int) -> float:
        """Seconds for which the images that wait should wait for more."""
        if len(self._images) >= most or self._expected <= 0:
            return 0.0
        return self._images[0].since + LINGER_S - time.monotonic()


def _abandon(result: "Future[Any]") -> None:
    if not result.cancelled():
        result.set_exception(UnavailableError(Code.ML_UNAVAILABLE, "the models are being unloaded"))
