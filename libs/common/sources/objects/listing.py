"""Listing a bucket in pages: memory stays flat, and a listing that breaks off goes on after its last key."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from libs.common.errors import Code, FileError
from libs.common.runtime.retry import FIRST_PAUSE_S, pauses
from libs.common.sources.entries import NO_EXTRA, Entry, Extra, Found, Ignored, Rejected, not_a_picture
from libs.common.sources.objects.failures import file_errors
from libs.common.sources.objects.folders import Folders
from libs.common.sources.objects.neighbours import Neighbours, sidecars_of, with_neighbours
from libs.common.sources.objects.objects import Meta, Place, identity_of
from libs.common.sources.objects.stores import Store, Stores
from libs.common.sources.source import Listing
from sluice.files.formats import suffix_of

_PAGE = 1000
_TRIES = 3
"""How often a listing that does not get on goes on; the store's own tries come on top."""


class ObjectListing:
    """The entries at or below a place, in the order of their keys."""

    def __init__(self, place: Place, requested: Listing, stores: Stores) -> None:
        self._place = place
        self._root = place.uri(place.key).rstrip(b"/")
        self._requested = requested
        self._stores = stores
        self._last: str | None = None

    def __iter__(self) -> Iterator[Entry]:
        if self._requested.passed_over.holds(self._root):
            yield Ignored(self._root)
            return
        try:
            yield from self._entries()
        except FileError as error:
            yield Rejected(self._root, error)

    def _entries(self) -> Iterator[Entry]:
        with file_errors(self._place.scheme, self._place.bucket):
            store = self._stores.of(self._place.scheme, self._place.bucket)
        folders = Folders(self._place, store, self._requested)
        try:
            for page, neighbours in with_neighbours(self._pages(store)):
                yield from self._page(folders, page, neighbours)
        except FileError as error:
            if error.code is not Code.NOT_A_REGULAR_FILE:
                raise
            # One key that has no path fails its whole page.
            yield from self._by_folders(folders, store)
        if self._last is None:
            yield self._single(store)

    def _by_folders(self, folders: Folders, store: Store) -> Iterator[Entry]:
        """The rest of the keys, folder by folder, so that one that cannot be listed costs itself alone."""
        folders.in_order, after, left = False, self._last or "", [self._place.key]
        while left:
            folder = left.pop()
            try:
                with file_errors(self._place.scheme, self._place.bucket):
                    found = store.list_with_delimiter(folder or None)
            except FileError as error:
                self._last = folder
                yield Rejected(self._place.uri(folder), error)
                continue
            self._last = folder
            left += sorted(found["common_prefixes"], reverse=True)
            rest = [meta for meta in found["objects"] if str(meta["path"]) > after]
            yield from self._page(folders, rest, Neighbours(sidecars_of(found["objects"])))

    def _page(self, folders: Folders, page: Sequence[Meta], neighbours: Neighbours) -> Iterator[Entry]:
        for meta in page:
            key = str(meta["path"])
            if not self._is_requested(self._place.uri(key)):
                continue
            passed_over = yield from folders.enter(key)
            if not passed_over:
                yield self._found(meta, neighbours)

    def _is_requested(self, path: bytes) -> bool:
        only = self._requested.only
        return not only or any(path == each or path.startswith(each.rstrip(b"/") + b"/") for each in only)

    def _found(self, meta: Meta, neighbours: Neighbours | None = None) -> Entry:
        path, identity = self._place.uri(str(meta["path"])), identity_of(meta)
        if suffix_of(path) not in self._requested.suffixes:
            return not_a_picture(path)
        described_by = neighbours.of(str(meta["path"])) if neighbours else ()
        extra = Extra(described_by=described_by) if described_by else NO_EXTRA
        return Found(path, identity.size, identity.mtime_ns, identity.ctime_ns, None, identity.etag, extra)

    def _single(self, store: Store) -> Entry:
        """The object that the place itself is, as nothing is below it."""
        with file_errors(self._place.scheme, self._place.bucket):
            return self._found(store.head(self._place.key))

    def _pages(self, store: Store) -> Iterator[Sequence[Meta]]:
        waits, left = pauses(FIRST_PAUSE_S), _TRIES
        while True:
            try:
                for page in self._rest(store):
                    waits, left = pauses(FIRST_PAUSE_S), _TRIES
                    self._last = str(page[-1]["path"]) if page else self._last
                    yield page
            except FileError as error:
                left -= 1
                if error.code is not Code.READ_FAILED or not left:
                    raise
                time.sleep(next(waits))
            else:
                return

    def _rest(self, store: Store) -> Iterator[Any]:
        """The pages behind the last key."""
        prefix = self._place.key or None
        with file_errors(self._place.scheme, self._place.bucket):
            if self._requested.recursive:
                yield from store.list(prefix, offset=self._last, chunk_size=_PAGE)
            else:
                yield store.list_with_delimiter(prefix)["objects"]
