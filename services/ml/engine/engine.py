"""Runs a backend off the event loop: pictures are prepared, computed and answered at the same time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from libs.common.errors import Code, FileError, UnavailableError
from libs.common.metrics.instruments import Instruments
from services.ml.engine.backend import Backend, Described, TextVector
from services.ml.engine.batch_size import BatchSize, best_batch
from services.ml.engine.device import REST_S, Device
from services.ml.engine.queue import Outcome

LEAST_REQUEST = 32
"""Images that a request may always hold: the engine cuts it into what the device takes."""

ResultT = TypeVar("ResultT")


class Engine:
    """Owns a backend's threads and its state: loaded or not. `close` gives both back.

    `safe_batch`: images a batch; None: found at the first load. After `idle_s` seconds without work the model
    leaves memory, until there is work again; after `rest_s` what its batches took does.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        safe_batch: int | None = None,
        idle_s: float | None = None,
        rest_s: float = REST_S,
        instruments: Instruments | None = None,
    ) -> None:
        self.backend = backend
        self.loaded = False
        self._given = safe_batch
        self._size = BatchSize(safe_batch or backend.safe_batch)
        self._changing = asyncio.Lock()
        self._pool = ThreadPoolExecutor(backend.parallel, thread_name_prefix="ml prepare")
        self._device = Device(backend, self._size, idle_s, instruments, rest_s)

    @property
    def safe_batch(self) -> int:
        """Images that a request should hold."""
        return self._given or max(LEAST_REQUEST, self._size.limit)

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be embedded now, as a sentence, or None."""
        if self._device.failure is not None:
            return self._device.failure
        return None if self.loaded else "the models are not loaded; POST warmup loads them"

    @property
    def failure(self) -> str | None:
        """Why nothing will ever be embedded again, or None."""
        return self._device.failure

    async def warm_up(self) -> None:
        """Load the models, unless they are."""
        async with self._changing:
            if not self.loaded:
                await self._on_device(self._load)
                self.loaded = True

    async def cool_down(self) -> None:
        """Unload the models; what the device has begun finishes first."""
        async with self._changing:
            if self.loaded:
                self.loaded = False
                await self._on_device(self._device.unload)

    async def close(self) -> None:
        """Unload, and end the threads."""
        try:
            if self._device.failure is None:
                await self.cool_down()
        finally:
            await asyncio.to_thread(self._device.close)
            await asyncio.to_thread(self._pool.shutdown)

    async def describe(self, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
        """One entry an image, in order. UnavailableError while the models are not loaded.

        MemoryError for an image that is too much by itself.
        """
        self._require_loaded()
        results: list[Future[Outcome]] = [Future() for _ in images]
        self._device.queue.expect(len(images))
        for image, result in zip(images, results, strict=True):
            self._pool.submit(self._prepare, image, caption, result)
        return list(await asyncio.gather(*map(asyncio.wrap_future, results)))

    async def embed_text(self, text: str) -> TextVector:
        """The vector of `text`; SluiceError no_text_model, or UnavailableError as in `describe`."""
        self._require_loaded()

        def embedded() -> TextVector:
            self._device.load()
            return self.backend.embed_text(text)

        return await self._on_device(embedded)

    def _load(self) -> None:
        self._device.load()
        sample = self.backend.sample()
        if sample is not None and self._given is None:
            self._size.limit = best_batch(self.backend.compute, sample)

    def _prepare(self, image: bytes, caption: bool, result: "Future[Outcome]") -> None:
        if not result.set_running_or_notify_cancel():
            self._device.queue.miss()
            return
        try:
            prepared = self.backend.prepare(image, caption=caption)
        except FileError as error:
            self._device.queue.miss()
            result.set_result(error)
        except BaseException as error:  # noqa: BLE001 (the caller gets it)
            self._device.queue.miss()
            result.set_exception(error)
        else:
            self._device.queue.put(prepared, result)

    def _require_loaded(self) -> None:
        if (obstacle := self.obstacle) is not None:
            raise UnavailableError(Code.ML_UNAVAILABLE, obstacle)

    async def _on_device(self, work: Callable[[], ResultT]) -> ResultT:
        found: ResultT = await asyncio.wrap_future(self._device.queue.call(work))
        return found
