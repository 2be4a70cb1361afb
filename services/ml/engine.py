"""Runs a backend off the event loop, in pieces that it can take, on the threads that it allows."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from math import ceil
from typing import TypeVar

from libs.common.errors import Code, FileError, UnavailableError
from services.ml.backend import Backend, Described, Vector

ResultT = TypeVar("ResultT")


class Engine:
    """Owns a backend's threads and its state: loaded or not. `close` gives both back."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.loaded = False
        self._changing = asyncio.Lock()
        self._threads = ThreadPoolExecutor(backend.parallel, thread_name_prefix="ml")

    async def warm_up(self) -> None:
        """Load the models, unless they are."""
        async with self._changing:
            if not self.loaded:
                await self._in_thread(self.backend.load)
                self.loaded = True

    async def cool_down(self) -> None:
        """Unload the models; what has begun finishes first where the backend has one thread."""
        async with self._changing:
            if self.loaded:
                self.loaded = False
                await self._in_thread(self.backend.unload)

    async def close(self) -> None:
        """Unload, and end the threads."""
        await self.cool_down()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def describe(self, images: Sequence[bytes], *, caption: bool) -> list[Described | FileError]:
        """One entry an image, in order. UnavailableError while the models are not loaded."""
        self._require_loaded()
        size = self._piece(len(images))
        pieces = [images[start : start + size] for start in range(0, len(images), size)]
        calls = [self._in_thread(partial(self.backend.describe, piece, caption=caption)) for piece in pieces]
        return list(chain.from_iterable(await asyncio.gather(*calls)))

    async def embed_text(self, text: str) -> Vector:
        """The vector of `text`; SluiceError no_text_model, or UnavailableError as in `describe`."""
        self._require_loaded()
        return await self._in_thread(partial(self.backend.embed_text, text))

    def _piece(self, images: int) -> int:
        """Images a call: spread over all threads, never more than the backend takes."""
        return max(1, min(self.backend.safe_batch, ceil(images / self.backend.parallel)))

    def _require_loaded(self) -> None:
        if not self.loaded:
            raise UnavailableError(Code.ML_UNAVAILABLE, "the models are not loaded; POST warmup loads them")

    async def _in_thread(self, call: Callable[[], ResultT]) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
