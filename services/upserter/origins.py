"""The points that named the files of a job: what jobs added to them, and requests said of them, is kept."""

from collections import defaultdict
from collections.abc import Iterable

from libs.common import ids
from libs.common.messages import PointRecord
from libs.common.points.fields import Fields
from libs.common.points.projections import REMADE
from libs.common.store.protocol import Store


class Origins:
    """Reads, once a batch, the points that its files were listed from."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, records: Iterable[PointRecord]) -> dict[str, Fields]:
        """File id to the point that named the file, read with REMADE; none for files that lay in folders."""
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        for record in records:
            if (origin := record.file.origin) is not None:
                own = origin == record.file.collection
                point = record.file.file_id if own else ids.file_id(origin, record.file.path)
                wanted[origin][point] = record.file.file_id
        return {
            points[each.id]: Fields(each.payload)
            for origin, points in wanted.items()
            for each in await self._store.retrieve(origin, list(points), payload=REMADE)
        }
