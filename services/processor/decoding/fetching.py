"""Fetching files that lie elsewhere, before a decoder is kept busy: each by itself, none waits for others."""

import asyncio
import logging

from msgspec import structs

from libs.common.errors import Code, FileError, SluiceError
from libs.common.messages import File
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.source import Identity, OpenFile, Part
from libs.common.sources.sources import Sources
from libs.common.sources.uris import is_remote
from services.processor.decoding.inspection import Failed, Request
from services.processor.decoding.neighbours import NeighbourReader

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Files that are fetched, or wait for a decoder, at the same time."""

Fetched = tuple[Request, OpenFile | Failed]


class Fetching:
    """Copies files to this machine in threads; one has `seconds`."""

    def __init__(self, sources: Sources, seconds: float) -> None:
        self._sources = sources
        self._neighbours = NeighbourReader(sources)
        # A thread whose time is over may take a while to notice.
        self._detached = DetachedCalls(seconds, 4 * AT_ONCE)
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def fetched(self, request: Request) -> Fetched:
        """The request as its copy is to be looked at, and the copy, or why there is none. Takes a slot."""
        try:
            request, file = await self._detached.run(lambda: self._both(request), "the store of the object")
        except SluiceError as error:
            return request, Failed(code=error.code, error=error.detail)
        except Exception as error:  # noqa: BLE001 - a mistake of ours costs one file only
            # Without its text, in which the address of a request may stand.
            log.warning("a file could not be fetched: %s: %s", type(error).__name__, request.path)
            return request, Failed(code=Code.READ_FAILED, error="The file could not be fetched: retry")
        return structs.replace(request, copied=file.identity), file

    def _both(self, request: Request) -> tuple[Request, OpenFile]:
        file = self._open(request)
        return (self._neighbours.fetched(request) if request.described_by else request), file

    def _open(self, request: Request) -> OpenFile:
        source = self._sources.of(request.path)
        if request.offset is None:
            return source.open(request.path)
        file = source.open(request.path, part=Part(request.offset, request.size))
        if _is_another(file.identity, request):
            raise FileError(Code.FILE_CHANGING, "The shard was replaced since it was listed: scan it again")
        return file


def must_be_fetched(file: Request | File) -> bool:
    """Whether the file lies elsewhere, or within another."""
    return file.offset is not None or is_remote(file.path)


def _is_another(now: Identity, listed: Request) -> bool:
    if now.etag or listed.etag:
        return now.etag != listed.etag
    return now.mtime_ns != listed.mtime_ns
