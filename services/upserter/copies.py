"""Which files' content is stored already under another path."""

from collections.abc import Collection, Sequence, Set

from libs.common.messages import PointRecord
from libs.common.points.fields import Fields, names
from libs.common.store.protocol import Filter, Store

_PER_FILE = 4
"""Stored points looked at for each content in one question; more than those of the batch itself."""


class Copies:
    """Asks the store once a batch. What it says is information, checked again before anything moves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, collection: str, records: Sequence[PointRecord]) -> dict[str, str]:
        """File id to the smallest id of another stored file of the same content, for those that have one.

        Within the batch the first file is the original of the later ones, also when the batch comes again
        after a crash and all of it is stored already.
        """
        first: dict[str, str] = {}
        for record in records:
            first.setdefault(record.content.sha256, record.file.file_id)
        stored = await self._stored(collection, first, {record.file.file_id for record in records})
        found: dict[str, str] = {}
        for record in records:
            mine, sha256 = record.file.file_id, record.content.sha256
            original = stored.get(sha256, first[sha256])
            if original != mine:
                found[mine] = original
        return found

    async def _stored(self, collection: str, hashes: Collection[str], batch: Set[str]) -> dict[str, str]:
        """Content to its smallest stored id outside the batch.

        A content with thousands of copies can fill the answer alone; the others are then asked for again.
        Each answer that is cut off settles at least one content, as the batch cannot fill it.
        """
        found: dict[str, str] = {}
        more: str | None = "more"
        while more and (missing := [sha256 for sha256 in hashes if sha256 not in found]):
            points, more = await self._store.scroll(
                collection,
                limit=_PER_FILE * len(batch),
                where=Filter(any_of={Fields.file_hash.name: missing}),
                payload=names(Fields.file_hash),
            )
            for point in points:
                sha256 = Fields(point.payload).file_hash
                if sha256 and point.id not in batch:
                    found.setdefault(sha256, point.id)
        return found
