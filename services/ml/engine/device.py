"""The one thread that owns the model."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from libs.common.errors import Code, FileError, UnavailableError
from libs.common.metrics.declared import COMPUTE_IMAGES, COMPUTE_SECONDS
from libs.common.metrics.instruments import Instruments
from services.ml.engine.backend import Backend
from services.ml.engine.batch_size import BatchSize
from services.ml.engine.queue import Batch, Call, DeviceQueue, Waiting

log = logging.getLogger(__name__)

REST_S = 5.0
"""After so long without work the memory that batches took is given back; until then the next one uses it."""


class Device:
    """Computes batches, and does calls between them, until closed.

    The model is in memory (`resident`) from a `load` to an `unload`, except once nothing came for `idle_s`
    seconds: the next image brings it back. What its batches took is given back after `rest_s`. A model that
    fails on its own sample ends the thread; `failure` is then why.
    """

    def __init__(
        self,
        backend: Backend,
        size: BatchSize,
        idle_s: float | None = None,
        instruments: Instruments | None = None,
        rest_s: float = REST_S,
    ) -> None:
        self.queue = DeviceQueue()
        self.failure: str | None = None
        self.resident = False
        self._backend = backend
        self._size = size
        self._idle_s = idle_s
        self._rest_s = rest_s
        self._worked = time.monotonic()
        self._grown = False
        self._instruments = instruments or Instruments()
        self._wanted = False
        self._thread = Thread(target=self._run, name="ml device", daemon=True)
        self._thread.start()

    def load(self) -> None:
        """Load the model, unless it is; on the device's thread."""
        self._wanted = True
        if not self.resident:
            self._backend.load()
            self.resident = True
            # What follows a load tries how large a batch may be.
            self._grown = True

    def unload(self) -> None:
        """Unload the model, unless it is; on the device's thread."""
        self._wanted = False
        self._release()

    def close(self) -> None:
        """End the thread, after what it does just now."""
        self.queue.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            while (taken := self._take()) is not None:
                if isinstance(taken, Call):
                    _answer(taken.result, taken.work)
                elif taken:
                    self._compute(taken)
                else:
                    self._rest()
                    continue
                self._worked = time.monotonic()
        except BaseException as error:
            self._fail(error)
            log.exception("the thread of the model ended")
        finally:
            self.queue.close()

    def _take(self) -> Call | Batch | None:
        return self.queue.take(self._size.limit, self._patience_s())

    def _patience_s(self) -> float | None:
        """Seconds until there is something to give back; None: never."""
        limits = [self._rest_s] if self._grown else []
        limits += [] if self._idle_s is None else [self._idle_s]
        if not self.resident or not limits:
            return None
        return max(self._worked + min(limits) - time.monotonic(), 0)

    def _rest(self) -> None:
        """Nothing came for long enough to give something back: the model, or what its batches took."""
        if self._idle_s is not None and time.monotonic() >= self._worked + self._idle_s:
            self._release()
        else:
            self._shrink()

    def _shrink(self) -> None:
        self._grown = False
        try:
            self._backend.shrink()
        except Exception as error:  # noqa: BLE001 (memory is kept, and whether the model works is seen by work)
            log.warning("the model keeps the memory of its largest batch: %s", error)

    def _release(self) -> None:
        if self.resident:
            self.resident = False
            self._backend.unload()

    def _compute(self, batch: Batch) -> None:
        if not self._wanted:
            _refuse(batch, UnavailableError(Code.ML_UNAVAILABLE, "the models are not loaded"))
            return
        try:
            self.load()
            parts = [batch]
            while parts:
                parts += self._compute_part(parts.pop())
        except BaseException as error:
            # The thread ends, and no image of the batch may wait for it.
            left = [each for each in batch if not each.result.done()]
            _refuse(left, UnavailableError(Code.ML_UNAVAILABLE, self._fail(error)))
            raise

    def _compute_part(self, part: Batch) -> list[Batch]:
        """What of the part is still to be computed, in smaller parts."""
        self._grown = True
        try:
            with self._instruments.timed(COMPUTE_SECONDS):
                outcomes = self._backend.compute([each.prepared for each in part])
            self._instruments.observe(COMPUTE_IMAGES, len(part))
        except MemoryError as error:
            self._size.too_much(len(part))
            self._shrink()
            return _halves(part, error)
        except Exception as error:  # noqa: BLE001 (whatever it is, an image or the device is to blame)
            self._check(error)
            return _halves(part, FileError(Code.ML_REJECTED, f"the model cannot take this image: {error}"))
        for each, outcome in zip(part, outcomes, strict=True):
            each.result.set_result(outcome)
        return []

    def _check(self, error: Exception) -> None:
        """Whether an image is to blame; raises if the model fails on its own sample too."""
        sample = self._backend.sample()
        try:
            if sample is not None:
                self._backend.compute([sample])
        except Exception:
            self.failure = f"the model does not work: {error}"
            raise

    def _fail(self, error: BaseException) -> str:
        self.failure = self.failure or f"the thread of the model ended: {error or type(error).__name__}"
        return self.failure


def _halves(part: Batch, error: Exception) -> list[Batch]:
    """The part in two halves, the first one last; a single image gets the error instead."""
    if len(part) == 1:
        _settle(part[0], error)
        return []
    middle = len(part) // 2
    return [part[middle:], part[:middle]]


def _settle(waiting: Waiting, error: Exception) -> None:
    if isinstance(error, FileError):
        waiting.result.set_result(error)
    else:
        waiting.result.set_exception(error)


def _refuse(batch: Batch, error: Exception) -> None:
    for waiting in batch:
        waiting.result.set_exception(error)


def _answer(result: "Future[Any]", work: Callable[[], Any]) -> None:
    if not result.set_running_or_notify_cancel():
        return
    try:
        result.set_result(work())
    except Exception as error:  # noqa: BLE001 (the caller gets it)
        result.set_exception(error)
    except BaseException:
        result.set_exception(UnavailableError(Code.ML_UNAVAILABLE, "the thread of the model ended"))
        raise
