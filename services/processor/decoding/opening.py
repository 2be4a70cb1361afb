"""Opening the files that decoders look at: they get descriptors, and never a path."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from msgspec import structs

from libs.common.children.ending import OverTimeError
from libs.common.children.pool import Sent
from libs.common.errors import Code, FileError, SluiceError
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.source import OpenFile
from libs.common.sources.sources import Sources
from services.processor.archived import is_archived
from services.processor.decoding import inspection
from services.processor.decoding.inspection import Failed, Request
from services.processor.decoding.neighbours import NeighbourReader

MOST_STUCK = 64
"""Threads that may wait at once for shares that do not answer."""

Opened = OpenFile | Failed


class Requested(NamedTuple):
    """A request, and its file where that was fetched before; who fetched it closes it."""

    request: Request
    file: OpenFile | None = None


async def _nothing_new() -> None:
    """Where the settings alone say what may be read."""


class Opening:
    """Opens files below what may be read, in threads: a share that is gone keeps only those.

    `refresh` reads what jobs have listed since, where that says what may be read.
    """

    def __init__(
        self, sources: Sources, timeout_s: float, refresh: Callable[[], Awaitable[None]] = _nothing_new
    ) -> None:
        self._sources = sources
        self._neighbours = NeighbourReader(sources)
        self._detached = DetachedCalls(timeout_s, MOST_STUCK)
        self._refresh = refresh

    @asynccontextmanager
    async def opened(self, requested: Sequence[Requested]) -> AsyncIterator[Sent]:
        """The requests as decoders get them; what is opened here is closed after the block. OverTimeError."""
        with ExitStack() as files:
            looked = await self._looked(requested, files)
            requests, found = [request for request, _ in looked], [each for _, each in looked]
            opened = [each for each in found if isinstance(each, OpenFile)]
            yield Sent(inspection.encode(_numbered(requests, found)), [each.descriptor for each in opened])

    async def _looked(self, requested: Sequence[Requested], files: ExitStack) -> list[tuple[Request, Opened]]:
        here = [each.request for each in requested if each.file is None]
        opened = await self._found(here) if here else []
        for _, file in opened:
            if isinstance(file, OpenFile):
                files.callback(file.close)
        rest = iter(opened)
        return [next(rest) if each.file is None else (each.request, each.file) for each in requested]

    async def _found(self, requests: Sequence[Request]) -> list[tuple[Request, Opened]]:
        found = await self._open(requests)
        outside = [n for n, (_, each) in enumerate(found) if _is_outside(each)]
        if outside:
            # The job may have begun only just now.
            await self._refresh()
            for n, again in zip(outside, await self._open([requests[n] for n in outside]), strict=True):
                found[n] = again
        return found

    async def _open(self, requests: Sequence[Request]) -> list[tuple[Request, Opened]]:
        try:
            look = partial(_all, self._sources, self._neighbours, requests)
            return await self._detached.run(look, "the folder of a photo")
        except SluiceError as error:
            raise OverTimeError from error


def _all(
    sources: Sources, neighbours: NeighbourReader, requests: Sequence[Request]
) -> list[tuple[Request, Opened]]:
    return [look_at(sources, neighbours, request) for request in requests]


def look_at(sources: Sources, neighbours: NeighbourReader, request: Request) -> tuple[Request, Opened]:
    """The request with what lies next to its file, and the file."""
    opened = open_one(sources, request)
    return (neighbours.added(request) if isinstance(opened, OpenFile) else request), opened


def open_one(sources: Sources, request: Request) -> Opened:
    """The request's file, or why there is none to look at."""
    try:
        return sources.of(request.path).open(request.path)
    except FileError as error:
        if error.code is Code.FILE_VANISHED and is_archived(request.path, request.size, request.mtime_ns):
            return Failed(code=Code.ARCHIVED, error="The file was archived while the job ran")
        return Failed(code=error.code, error=error.detail)


def _is_outside(opened: Opened) -> bool:
    return isinstance(opened, Failed) and opened.code is Code.OUTSIDE_ROOTS


def _numbered(requests: Sequence[Request], found: Sequence[Opened]) -> list[Request]:
    """The requests, each with its file's place among the open ones, or why it has none."""
    numbered, place = [], 0
    for request, each in zip(requests, found, strict=True):
        if isinstance(each, Failed):
            numbered.append(structs.replace(request, refused=each))
        else:
            numbered.append(structs.replace(request, descriptor=place))
            place += 1
    return numbered
