"""Decoding pictures in processes of their own: what hangs or crashes on one costs that picture alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec

from libs.common.children.ending import ChildEndedError
from libs.common.children.launching import Program
from libs.common.children.restarting import RestartingChild
from libs.common.errors import Code, FileError
from libs.common.imaging.child import Refused, Reply, Wanted
from libs.common.imaging.limits import Limits
from libs.common.sources.source import OpenFile

PROCESSES = 2
SECONDS = 8.0
"""Clients wait 10 s for an answer."""
MEMORY_BYTES = 3 << 30
"""As much as the largest pictures need that are taken at all."""
_CHILD = "libs.common.imaging.child"


class Decoding:
    """A few decoders, started when they are first needed. Calls raise FileError; decode_timeout after
    `seconds`, waiting for a free decoder included. A call that is cancelled ends its decoder's process.
    """

    def __init__(self, limits: Limits, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._limits = limits
        self._seconds = seconds
        self._decoders = [RestartingChild(Program(_CHILD, memory_bytes)) for _ in range(PROCESSES)]
        # The last one used first, so that the others start only where pictures come at the same time.
        self._free: asyncio.LifoQueue[RestartingChild] = asyncio.LifoQueue()
        for decoder in self._decoders:
            self._free.put_nowait(decoder)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, limits: Limits, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> AsyncIterator["Decoding"]:
        """Decoders that end with the block."""
        decoding = cls(limits, seconds, memory_bytes)
        try:
            yield decoding
        finally:
            await asyncio.gather(*(decoder.close() for decoder in decoding._decoders))

    async def normalised(self, data: bytes, short_side: int | None = None) -> bytes:
        """The picture as the pipeline would send it to the ML service, which looks at `short_side` pixels."""
        return await self._requested(Wanted(what="normalised", limits=self._of(short_side), data=data))

    async def normalised_file(self, descriptor: int, short_side: int | None = None) -> bytes:
        """As `normalised`, of an open file, which this process does not read."""
        return await self._requested(Wanted(what="normalised", limits=self._of(short_side)), (descriptor,))

    def _of(self, short_side: int | None) -> Limits:
        return self._limits if short_side is None else replace(self._limits, short_side=short_side)

    async def displayable(self, file: OpenFile) -> bytes:
        """The file as a JPEG that browsers show; the decoder reads it from its beginning."""
        wanted = Wanted(what="displayable", limits=self._limits)
        return await self._requested(wanted, (file.descriptor,))

    async def _requested(self, wanted: Wanted, files: Sequence[int] = ()) -> bytes:
        request = msgspec.msgpack.encode(wanted)
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._reply(request, files)
        except TimeoutError as error:
            detail = f"the picture was not decoded in {self._seconds:.0f} s"
            raise FileError(Code.DECODE_TIMEOUT, detail) from error
        if isinstance(reply, Refused):
            raise FileError(reply.code, reply.detail)
        return reply.jpeg

    async def _reply(self, request: bytes, files: Sequence[int]) -> Reply:
        decoder = await self._free.get()
        try:
            body = await decoder.ask(request, files)
        except ChildEndedError as error:
            detail = f"the decoder crashed on this picture ({error})"
            raise FileError(Code.DECODER_CRASHED, detail) from error
        finally:
            self._free.put_nowait(decoder)
        reply: Reply = msgspec.msgpack.decode(body, type=Reply)
        return reply
