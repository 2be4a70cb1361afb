"""Decoder processes, one a core: a file that hangs or crashes one of them costs that file alone.

Each process has a pipe of its own and shares no lock with the others, so that one can be killed at any
moment. (The pools of concurrent.futures and pebble are broken for good once an idle process dies.)
"""

import asyncio
import queue
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from libs.common.errors import FileError
from services.processor.decoder import Decoder, Inspection
from services.processor.inspection import Changing, Failed, Inspected, Reply, Request


class DecodePool:
    """`workers` decoder processes, for as long as the `async with` block lasts."""

    def __init__(self, inspection: Inspection, workers: int, timeout_s: float) -> None:
        self._idle: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        self._decoders = [Decoder(inspection, timeout_s) for _ in range(workers)]
        for decoder in self._decoders:
            self._idle.put(decoder)
        # As many threads as decoders: who has a thread finds an idle decoder.
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

    async def inspect(self, request: Request) -> Inspected | Changing:
        """Look at one file, when a process is free. Raises FileError.

        A caller that is cancelled does not wait; a decoding that has begun is finished all the same.
        """
        reply = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, request)
        if isinstance(reply, Failed):
            raise FileError(reply.code, reply.error)
        return reply

    async def close(self) -> None:
        """End all processes at once. Nobody may ask any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._end)

    def _ask(self, request: Request) -> Reply:
        decoder = self._idle.get()
        try:
            return decoder.ask(request)
        finally:
            self._idle.put(decoder)

    def _end(self) -> None:
        for decoder in self._decoders:
            decoder.close()
        self._threads.shutdown(wait=True)
        for decoder in self._decoders:
            decoder.end()
