"""One file, looked at once: stat, read, hash, cache, and only where that knows nothing, decode.

Runs in a decoder process, where it may take its time and even crash.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from libs.common.errors import FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata import takeout, xmp
from libs.common.imaging.normalise import READING, NormalisedImage, normalise, normalise_video
from libs.common.imaging.timing import Stopwatch
from libs.common.messages import Content, Inference
from libs.common.sources.source import Identity, OpenFile
from services.processor.cache.cache_reader import CacheReader
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request, Took
from services.processor.decoding.reading import hashed_video, read_picture, video_in


@dataclass(frozen=True, slots=True)
class Inspector:
    """What a decoder process needs to know. Called there, it opens the cache and gives the function."""

    cache_dir: Path
    limits: Limits = field(default_factory=Limits)
    max_file_bytes: int = 1 << 30
    video: bool = False

    @property
    def writes(self) -> tuple[Path, ...]:
        """What a decoder process may write to: SQLite notes in the cache's folder who reads it."""
        return (self.cache_dir.parent,)

    def __call__(self) -> Callable[[Request], Reply]:
        """The function that inspects one file after another."""
        cache = CacheReader(self.cache_dir)
        return lambda request: self.inspect(cache, request)

    def inspect(self, cache: CacheReader, request: Request) -> Reply:
        """Look at one file, and close it. It is decoded only if it stands still and is not in the cache."""
        if request.refused is not None:
            return request.refused
        try:
            timed = Stopwatch()
            with _opened(request) as opened:
                inspected = self._look(cache, request, opened, timed)
            if isinstance(inspected, Changing):
                return inspected
            inspected = structs.replace(inspected, took=Took(**timed.took))
            if not (request.xmp or request.takeout):
                return inspected
            sidecar, export = xmp.metadata_of(request.xmp), takeout.metadata_of(request.takeout)
            return structs.replace(inspected, sidecar=sidecar, export=export)
        except FileError as error:
            return Failed(code=error.code, error=error.detail)

    def _look(
        self, cache: CacheReader, request: Request, opened: OpenFile, timed: Stopwatch
    ) -> Inspected | Changing:
        limits = self._limits_of(request)
        video = video_in(opened) if self.video else None
        if video is not None:
            with timed("hash"):
                sha256, after = hashed_video(opened)
            if not _as_seen(after, request):
                return Changing(size=after.size, mtime_ns=after.mtime_ns)
            with os.fdopen(os.dup(opened.descriptor), "rb") as stream:
                poster = partial(normalise_video, stream, video, limits, timed)
                return _inspected(_Seen(request, sha256, after), cache, poster, timed)
        with timed("read"):
            file = read_picture(opened, request.path, self.max_file_bytes, gif=limits.gif)
        if not file.held_still or not _as_seen(file.after, request):
            return Changing(size=file.after.size, mtime_ns=file.after.mtime_ns)
        with timed("hash"):
            sha256 = hashlib.sha256(file.data).hexdigest()
        decode = partial(normalise, file.data, limits, timed)
        return _inspected(_Seen(request, sha256, file.after), cache, decode, timed)

    def _limits_of(self, request: Request) -> Limits:
        wanted = request.short_side
        return self.limits if wanted is None else replace(self.limits, short_side=wanted)


class _Seen(NamedTuple):
    """A file that was read: who asked for it, its content, and its identity after that."""

    request: Request
    sha256: str
    after: Identity


def _inspected(
    seen: _Seen, cache: CacheReader, decode: Callable[[], NormalisedImage], timed: Stopwatch
) -> Inspected:
    request, sha256, after = seen
    with timed("cache"):
        hit = cache.find(sha256, request.model, request.caption, request.cache_cleared_at)
    if hit is not None and hit.content.reading == READING:
        return _answer(after, hit.content, inference=hit.inference)
    image = decode()
    content = _content(sha256, image)
    if hit is not None and hit.content.thumbnail == image.thumbnail:
        # An older version read less of the file, but saw the same picture: so did the model.
        return _answer(after, content, inference=hit.inference)
    return _answer(after, content, jpeg=image.jpeg)


def _content(sha256: str, image: NormalisedImage) -> Content:
    return Content(
        sha256=sha256,
        width=image.width,
        height=image.height,
        format=image.format,
        mode=image.mode,
        exif=image.exif,
        thumbnail=image.thumbnail,
        reading=READING,
        kind=image.kind,
        metadata=image.metadata,
        note=image.note,
    )


def _opened(request: Request) -> OpenFile:
    if request.copied is None:
        return OpenFile.of(request.descriptor)
    return OpenFile(request.descriptor, request.copied, fixed=True)


def _as_seen(after: Identity, request: Request) -> bool:
    return request.copied is not None or (after.size, after.mtime_ns) == (request.size, request.mtime_ns)


def _answer(
    after: Identity, content: Content, *, jpeg: bytes | None = None, inference: Inference | None = None
) -> Inspected:
    return Inspected(
        size=after.size,
        mtime_ns=after.mtime_ns,
        ctime_ns=after.ctime_ns,
        etag=after.etag,
        content=content,
        jpeg=jpeg,
        inference=inference,
    )
