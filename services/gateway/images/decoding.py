"""Decoding pictures in processes of their own: what hangs or crashes on one costs that picture alone."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from libs.common.errors import Code, FileError
from libs.common.imaging.child import Refused, Reply, Wanted
from libs.common.imaging.limits import Limits
from services.gateway.images.decoder import Decoder

PROCESSES = 2
SECONDS = 8.0
"""Clients wait 10 s for an answer."""


class Decoding:
    """A few decoders, started when they are first needed. Calls raise FileError; decode_timeout after
    `seconds`, waiting for a free decoder included.
    """

    def __init__(self, limits: Limits, seconds: float = SECONDS) -> None:
        self._limits = limits
        self._seconds = seconds
        self._decoders = [Decoder() for _ in range(PROCESSES)]
        # The last one used first, so that the others start only where pictures come at the same time.
        self._free: asyncio.LifoQueue[Decoder] = asyncio.LifoQueue()
        for decoder in self._decoders:
            self._free.put_nowait(decoder)

    @classmethod
    @asynccontextmanager
    async def open(cls, limits: Limits, seconds: float = SECONDS) -> AsyncIterator["Decoding"]:
        """Decoders that end with the block."""
        decoding = cls(limits, seconds)
        try:
            yield decoding
        finally:
            await asyncio.gather(*(decoder.end() for decoder in decoding._decoders))

    async def normalised(self, data: bytes) -> bytes:
        """The picture as the pipeline would send it to the ML service."""
        return await self._asked(Wanted(what="normalised", limits=self._limits, data=data))

    async def displayable(self, path: Path) -> bytes:
        """The file as a JPEG that browsers show."""
        return await self._asked(Wanted(what="displayable", limits=self._limits, path=os.fsencode(path)))

    async def _asked(self, wanted: Wanted) -> bytes:
        request = msgspec.msgpack.encode(wanted)
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._reply(request)
        except TimeoutError as error:
            detail = f"the picture was not decoded in {self._seconds:.0f} s"
            raise FileError(Code.DECODE_TIMEOUT, detail) from error
        if isinstance(reply, Refused):
            raise FileError(reply.code, reply.detail)
        return reply.jpeg

    async def _reply(self, request: bytes) -> Reply:
        decoder = await self._free.get()
        try:
            body = await decoder.ask(request)
        finally:
            self._free.put_nowait(decoder)
        reply: Reply = msgspec.msgpack.decode(body, type=Reply)
        return reply
