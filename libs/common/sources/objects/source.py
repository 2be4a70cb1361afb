"""Buckets of object stores as a source."""

from collections.abc import Iterator
from typing import Any

from libs.common.errors import Code, FileError, SluiceError
from libs.common.sources.entries import Entry
from libs.common.sources.objects.failures import file_errors
from libs.common.sources.objects.listing import ObjectListing
from libs.common.sources.objects.objects import Place, identity_of
from libs.common.sources.objects.stores import Stores
from libs.common.sources.remote import Remote
from libs.common.sources.roots import Readable
from libs.common.sources.snapshots import check_size, snapshot
from libs.common.sources.source import Identity, Listing, OpenFile, Part
from libs.common.sources.uris import shown

_PIECE_BYTES = 4 << 20
_WHOLE_BYTES = 16 << 20
"""An object of at most so many comes in one piece."""


class ObjectSource:
    """Objects below `roots`. Opening one copies it to this machine; nothing is ever written."""

    def __init__(self, roots: Readable, remote: Remote) -> None:
        self._roots = roots
        self._remote = remote
        self._stores = Stores(remote)

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:
        """See Source; what another program puts into the bucket meanwhile may be missing."""
        place = Place.of(root)
        return iter(ObjectListing(place, requested, self._stores))

    def open(self, path: bytes, *, links: bool = True, part: Part | None = None) -> OpenFile:  # noqa: ARG002
        """See Source. There are no links."""
        place = self._allowed(path)
        with file_errors(place.scheme, place.bucket):
            found = self._stores.of(place.scheme, place.bucket).get(place.key, options=_options(part))
            whole = identity_of(found.meta)
            identity = whole if part is None else part.of(whole)
            check_size(identity.size, self._remote.most_bytes)
            return snapshot(identity, _pieces(found, identity.size), self._remote.most_bytes)

    def stat(self, path: bytes, *, links: bool = True) -> Identity:  # noqa: ARG002
        """See Source."""
        place = self._allowed(path)
        with file_errors(place.scheme, place.bucket):
            return identity_of(self._stores.of(place.scheme, place.bucket).head(place.key))

    def require(self, root: bytes) -> None:
        """See RemoteSource."""
        place = self._allowed(root)
        with file_errors(place.scheme, place.bucket):
            store = self._stores.of(place.scheme, place.bucket)
            if next(iter(store.list(place.key or None, chunk_size=1)), None):
                return
        try:
            self.stat(root)
        except FileError as error:
            if error.code is not Code.FILE_VANISHED:
                raise
            detail = f"there is no object {shown(root)}, and none below it"
            raise SluiceError(Code.DIRECTORY_NOT_FOUND, detail) from None

    def _allowed(self, path: bytes) -> Place:
        if self._roots.holding(path) is None:
            raise FileError(Code.OUTSIDE_ROOTS, "It lies outside what SCAN_ROOTS allows")
        return Place.of(path)


def _options(part: Part | None) -> Any:
    if part is None:
        return None
    # A range of nothing is none.
    return (
        {"range": (part.offset, part.offset + part.size)}
        if part.size
        else {"range": (part.offset, part.offset + 1)}
    )


def _pieces(found: Any, size: int) -> Iterator[memoryview]:
    if size <= _WHOLE_BYTES:
        yield memoryview(found.bytes())
        return
    for piece in found.stream(min_chunk_size=_PIECE_BYTES):
        yield memoryview(piece)
