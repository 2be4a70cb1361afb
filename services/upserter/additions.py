"""Adding captions and texts to points that are there; all else of them stays."""

from collections.abc import Sequence

from libs.common.errors import Code, FileError, SluiceError
from libs.common.messages import Description, PointRecord
from libs.common.points.describing import described
from libs.common.points.fields import FIELDS, Fields
from libs.common.store.protocol import Payload, Record, Store

_LARGE = Fields.thumbnail_base64.name


class Additions:
    """Changes the payloads of stored points."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, place: str, records: Sequence[PointRecord]) -> dict[str, SluiceError]:
        """Add what each record has; the ids of those that have no such point any more, with the reason.

        Doing it again changes nothing. Raises what the store raises.
        """
        ids = list(dict.fromkeys(record.file.file_id for record in records))
        points = {each.id: each for each in await self._store.retrieve(place, ids, payload=_SMALL)}
        changes: dict[str, Payload] = {}
        refused: dict[str, SluiceError] = {}
        for record in records:
            point, added = points.get(record.file.file_id), record.description or Description()
            if error := _obstacle(point, record):
                refused[record.file.file_id] = error
            elif point is not None:
                changes[point.id] = changes.get(point.id, {}) | described(
                    point.payload | changes.get(point.id, {}), added
                )
        await self._store.set_payload(place, {id_: change for id_, change in changes.items() if change})
        return refused


_SMALL = tuple(name for name in FIELDS if name != _LARGE)


def _obstacle(point: Record | None, record: PointRecord) -> SluiceError | None:
    if point is None:
        return FileError(Code.NOT_INDEXED, "Its point was removed while the job ran")
    if Fields(point.payload).file_hash != record.content.sha256:
        return FileError(Code.FILE_CHANGED, "The file is not what was stored of it: scan its folder first")
    return None
