"""A manifest as a listing: its rows' files, each with what the row says of it."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry, Extra, Found, Rejected, not_a_picture
from libs.common.sources.manifests.rows import READERS, BadRow, Row, rows_of
from libs.common.sources.manifests.uris import located
from libs.common.sources.shards.names import is_member
from libs.common.sources.source import Identity, Listing
from libs.common.sources.uris import is_remote, scheme_of
from sluice.files.formats import suffix_of

if TYPE_CHECKING:
    from libs.common.sources.sources import Sources

LOOKS = 16
"""Files elsewhere that are asked about at once."""
_AHEAD = 256
_OUTSIDE = "It lies neither in the manifest's folder nor in what SCAN_ROOTS allows"


def is_manifest(path: bytes) -> bool:
    """Whether a file of this name is one, if it is asked for by itself."""
    return suffix_of(path) in READERS and not is_member(path)


class Manifest:
    """The manifest at `path`, read once; `sources` read what its rows name."""

    def __init__(self, path: bytes, requested: Listing, sources: "Sources") -> None:
        self._path = path
        self._folder = path.rpartition(b"/")[0] or b"/"
        self._requested = requested
        self._sources = sources

    def __iter__(self) -> Iterator[Entry]:
        looks = ThreadPoolExecutor(LOOKS, thread_name_prefix="manifest")
        try:
            yield from self._entries(looks)
        except FileError as error:
            yield Rejected(self._path, error)
        finally:
            looks.shutdown(wait=False, cancel_futures=True)

    def _entries(self, looks: ThreadPoolExecutor) -> Iterator[Entry]:
        ahead: deque[Entry | Future[Entry]] = deque()
        with self._sources.of(self._path).open(self._path) as file:
            for row in rows_of(file, suffix_of(self._path)):
                ahead.append(self._begun(row, looks))
                if len(ahead) >= _AHEAD or not isinstance(ahead[0], Future):
                    yield _ended(ahead.popleft())
        while ahead:
            yield _ended(ahead.popleft())

    def _begun(self, row: Row | BadRow, looks: ThreadPoolExecutor) -> "Entry | Future[Entry]":
        if isinstance(row, BadRow):
            return self._bad(row.line, row.why)
        try:
            path = located(row.uri, self._folder)
        except ValueError as error:
            return self._bad(row.line, str(error))
        if is_remote(path):
            return looks.submit(self._found, path, row)
        return self._found(path, row)

    def _found(self, path: bytes, row: Row) -> Entry:
        named = path.partition(b"?")[0] if scheme_of(path) == "https" else path
        # What is listed by itself may have no suffix: its content says what it is.
        if (suffix := suffix_of(named)) and suffix not in self._requested.suffixes:
            return not_a_picture(path)
        if not self._sources.allow(path):
            return _rejected(path, FileError(Code.OUTSIDE_ROOTS, _OUTSIDE), row)
        try:
            identity = self._sources.of(path).stat(path)
        except FileError as error:
            return _rejected(path, error, row)
        return _entry(path, identity, Extra(row.meta))

    def _bad(self, line: int, why: str) -> Rejected:
        detail = f"Line {line} of the manifest is not understood: {why}"
        return Rejected(self._path + f":{line}".encode(), FileError(Code.MANIFEST_ROW, detail))


def _rejected(path: bytes, error: FileError, row: Row) -> Rejected:
    return Rejected(path, FileError(error.code, f"{error.detail} (line {row.line} of the manifest)"))


def _entry(path: bytes, found: Identity, extra: Extra) -> Found:
    real = path if is_remote(path) else os.path.realpath(path)
    target = None if real == path else real
    return Found(path, found.size, found.mtime_ns, found.ctime_ns, target, found.etag, extra)


def _ended(entry: "Entry | Future[Entry]") -> Entry:
    return entry.result() if isinstance(entry, Future) else entry
