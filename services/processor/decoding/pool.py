"""Decoder processes, one a core: a file that hangs or crashes one of them costs that file alone.

Each process has a pipe of its own and shares no lock with the others, so that one can be killed at any
moment. (The pools of concurrent.futures and pebble are broken for good once an idle process dies.)
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from types import TracebackType

from libs.common.errors import FileError, SluiceError
from services.processor.decoding.decoder import Decoder, Inspection
from services.processor.decoding.inspection import Failed, Reply, Request

MOST_AT_ONCE = 32
"""Files that one process is asked about at once, at most; what it has no time for comes back."""

MEMORY_BYTES = 4 << 30
"""Enough for a picture of the default MAX_PIXELS, four bytes each, next to a file of the default size."""

_Waiting = tuple[Request, asyncio.Future[Reply]]


class DecodePool:
    """`workers` decoder processes, for as long as the `async with` block lasts.

    A file may take `timeout_s` seconds, and a process `memory_bytes`.
    """

    def __init__(
        self, inspection: Inspection, workers: int, timeout_s: float, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._decoders = [Decoder(inspection, timeout_s, memory_bytes) for _ in range(workers)]
        self._idle = list(self._decoders)
        self._waiting: deque[_Waiting] = deque()
        self._serving: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="decoder")

    async def __aenter__(self) -> "DecodePool":
        """Start all processes; SluiceError internal if one does not come up."""
        loop = asyncio.get_running_loop()
        starts = [loop.run_in_executor(self._threads, decoder.start) for decoder in self._decoders]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def inspect(self, requests: Sequence[Request]) -> list[Reply]:
        """Look at these files, as soon as processes are free; a reply to each, in their order.

        A caller that is cancelled does not wait; a decoding that has begun is finished all the same.
        """
        loop = asyncio.get_running_loop()
        asked: list[_Waiting] = [(request, loop.create_future()) for request in requests]
        self._waiting.extend(asked)
        for _ in range(min(len(self._idle), len(asked))):
            serving = asyncio.create_task(self._serve(self._idle.pop()))
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        try:
            return [await reply for _, reply in asked]
        finally:
            _forget(asked)

    async def close(self) -> None:
        """End all processes at once. No one may ask any more."""
        for serving in self._serving:
            serving.cancel()
        for _, future in self._waiting:
            future.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._end)

    async def _serve(self, decoder: Decoder) -> None:
        """Keep one process busy for as long as files wait."""
        loop = asyncio.get_running_loop()
        try:
            while asked := self._next():
                requests = [request for request, _ in asked]
                try:
                    replies = await loop.run_in_executor(self._threads, _replies, decoder, requests)
                except (SluiceError, OSError, RuntimeError, asyncio.CancelledError) as error:
                    _fail(asked, error)
                    return
                self._settle(asked, replies)
        finally:
            self._idle.append(decoder)

    def _next(self) -> list[_Waiting]:
        """The files to ask about now: one process's share of those that somebody still waits for."""
        wanted = deque(each for each in self._waiting if not each[1].done())
        share = min(MOST_AT_ONCE, ceil(len(wanted) / len(self._decoders)))
        asked, self._waiting = [wanted.popleft() for _ in range(share)], wanted
        return asked

    def _settle(self, asked: Sequence[_Waiting], replies: Sequence[Reply]) -> None:
        for (_, future), reply in zip(asked, replies, strict=False):
            if not future.done():
                future.set_result(reply)
        self._waiting.extendleft(reversed(asked[len(replies) :]))

    def _end(self) -> None:
        for decoder in self._decoders:
            decoder.close()
        self._threads.shutdown(wait=True)
        for decoder in self._decoders:
            decoder.end()


def _replies(decoder: Decoder, requests: Sequence[Request]) -> list[Reply]:
    """Replies to the first of the requests. If the process ends over several, each is asked about alone."""
    try:
        return decoder.ask(requests)
    except FileError as error:
        if len(requests) == 1:
            return [Failed(code=error.code, error=error.detail)]
    return [reply for request in requests for reply in _replies(decoder, [request])]


def _forget(asked: Sequence[_Waiting]) -> None:
    """No one waits for these any more; how they ended is of no interest."""
    for _, reply in asked:
        if not reply.cancel() and not reply.cancelled():
            reply.exception()


def _fail(asked: Sequence[_Waiting], error: BaseException) -> None:
    for _, future in asked:
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
        elif not future.done():
            future.set_exception(error)
