"""Which files' content is stored already: under another path, or under their own."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, field

from libs.common.messages import PointRecord
from libs.common.points.fields import Fields
from libs.common.points.projections import REMADE
from libs.common.store.protocol import Filter, Store

_PER_FILE = 4
"""Stored points looked at for each content in one question; more than those of the batch itself."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of the contents of a batch.

    `copies`: file id to the smallest id of another stored file of the same content, for those that have one.
    `own`: file id to the file's own point, read with REMADE, where its content is the same.
    """

    copies: dict[str, str]
    own: dict[str, Fields]


@dataclass(slots=True)
class _Seen:
    others: dict[str, str] = field(default_factory=dict)
    """Content to its smallest stored id outside the batch."""
    own: dict[str, Fields] = field(default_factory=dict)
    all: bool = False
    """Whether every point of these contents was seen."""


class Copies:
    """Asks the store once a batch. What it says is information, checked again before anything moves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        """Where it looks."""
        return self._store

    async def of(self, collection: str, records: Sequence[PointRecord]) -> Known:
        """What is stored of the records' contents.

        Within the batch the first file is the original of the later ones, also when the batch comes again
        after a crash and all of it is stored already.
        """
        first: dict[str, str] = {}
        for record in records:
            first.setdefault(record.content.sha256, record.file.file_id)
        batch = {record.file.file_id: record.content.sha256 for record in records}
        seen = await self._seen(collection, first, batch.keys())
        if not seen.all:
            await self._read_own(collection, batch, seen)
        originals = {
            record.file.file_id: seen.others.get(record.content.sha256, first[record.content.sha256])
            for record in records
        }
        copies = {mine: original for mine, original in originals.items() if original != mine}
        return Known(copies, seen.own)

    async def _seen(self, collection: str, hashes: Collection[str], batch: Set[str]) -> _Seen:
        """A content with thousands of copies can fill the answer alone; the others are then asked for again.

        Each answer that is cut off settles at least one content, as the batch cannot fill it.
        """
        seen = _Seen()
        while missing := [sha256 for sha256 in hashes if sha256 not in seen.others]:
            points, more = await self._store.scroll(
                collection,
                limit=_PER_FILE * len(batch),
                where=Filter(any_of={Fields.file_hash.name: missing}),
                payload=REMADE,
            )
            for each in points:
                point = Fields(each.payload)
                if each.id in batch:
                    seen.own[each.id] = point
                elif point.file_hash:
                    seen.others.setdefault(point.file_hash, each.id)
            if more is None:
                seen.all = len(missing) == len(hashes)
                break
        return seen

    async def _read_own(self, collection: str, batch: dict[str, str], seen: _Seen) -> None:
        unseen = [id_ for id_ in batch if id_ not in seen.own]
        for each in await self._store.retrieve(collection, unseen, payload=REMADE):
            if (point := Fields(each.payload)).file_hash == batch[each.id]:
                seen.own[each.id] = point
