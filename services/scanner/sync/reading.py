"""Reading the points that a sync compares with: all below the root, or just those of some paths."""

from collections.abc import AsyncIterator, Sequence

from libs.common import ids
from libs.common.points.fields import Fields
from libs.common.points.projections import SYNC
from libs.common.store.protocol import Filter, Record
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import only
from services.scanner.outbox import until_available
from services.scanner.wiring import Wiring

PAGE = 2000
FOLDERS = 100
"""Folders that one read names."""


class Reading:
    """Pages of points; while the store is away it waits."""

    def __init__(self, record: JobRecord, wiring: Wiring) -> None:
        self._collection, self._place = record.collection or "", record.place
        self._root = record.root or b""
        self._only = only(record)
        self._wiring = wiring

    def includes(self, path: bytes) -> bool:
        """Whether the job is about this file."""
        return any(_is_at_or_below(path, each) for each in self._only or (self._root,))

    async def pages(self) -> AsyncIterator[Sequence[Record]]:
        """The points that may be included, each once."""
        if not self._only:
            async for page in self._scrolled(None):
                yield page
            return
        seen: set[str] = set()
        async for page in self._of_paths():
            fresh = [record for record in page if record.id not in seen]
            seen.update(record.id for record in fresh)
            yield fresh

    async def below_root(self) -> int:
        """How many points there are below the root."""
        store, where = self._wiring.store, _below([self._root])
        return await until_available(lambda: store.count(self._place, where), self._wiring.health)

    async def _of_paths(self) -> AsyncIterator[Sequence[Record]]:
        for start in range(0, len(self._only), FOLDERS):
            some = self._only[start : start + FOLDERS]
            yield await self._files(some)
            async for page in self._scrolled(_below(some)):
                yield page

    async def _files(self, paths: Sequence[bytes]) -> list[Record]:
        store, requested = self._wiring.store, [ids.file_id(self._collection, path) for path in paths]
        return await until_available(
            lambda: store.retrieve(self._place, requested, payload=SYNC), self._wiring.health
        )

    async def _scrolled(self, where: Filter | None) -> AsyncIterator[Sequence[Record]]:
        after: str | None = ""
        while after is not None:
            page, after = await self._page(after or None, where)
            yield page

    async def _page(self, after: str | None, where: Filter | None) -> tuple[list[Record], str | None]:
        store = self._wiring.store
        return await until_available(
            lambda: store.scroll(self._place, limit=PAGE, after=after, where=where, payload=SYNC),
            self._wiring.health,
        )


def _below(folders: Sequence[bytes]) -> Filter:
    return Filter(any_of={Fields.folders.name: [ids.display_name(each) for each in folders]})


def _is_at_or_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
