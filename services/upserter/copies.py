"""Which files' content is stored already under another path."""

from collections.abc import Sequence

from libs.common.messages import PointRecord
from libs.common.store.protocol import Filter, Store

_PER_FILE = 4
"""How many stored points a file are looked at: one that is not the file itself is enough."""


class Copies:
    """Asks the store once a batch. What it says is information, checked again before anything moves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, collection: str, records: Sequence[PointRecord]) -> dict[str, str]:
        """File id to the id of another file of the same content, for those files that have one.

        Within the batch the first file is the original of the later ones.
        """
        first: dict[str, str] = {}
        for record in records:
            first.setdefault(record.content.sha256, record.file.file_id)
        stored = await self._stored(collection, list(first), limit=_PER_FILE * len(records))
        found: dict[str, str] = {}
        for record in records:
            mine, sha256 = record.file.file_id, record.content.sha256
            others = [point for point in (*stored.get(sha256, ()), first[sha256]) if point != mine]
            if others:
                found[mine] = others[0]
        return found

    async def _stored(self, collection: str, hashes: list[str], limit: int) -> dict[str, list[str]]:
        where = Filter(any_of={"file_hash": hashes})
        points, _ = await self._store.scroll(collection, limit=limit, where=where, payload=("file_hash",))
        found: dict[str, list[str]] = {}
        for point in points:
            found.setdefault(point.payload["file_hash"], []).append(point.id)
        return found
