"""Which files need no work, because what is stored of them is still true."""

from collections.abc import Sequence

from libs.common.control import ModelInUse
from libs.common.points.fields import Fields
from libs.common.points.projections import RESCAN
from libs.common.store.protocol import Store
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.unchanged import is_described, is_unchanged
from services.scanner.listing.entries import Spooled


class Rescan:
    """Asks the store about the files of one job: not at all if its collection was empty at first."""

    def __init__(self, store: Store, record: JobRecord) -> None:
        self._store = store
        self._record = record
        self._collection = record.place
        self._was_empty: bool | None = None

    async def unchanged(self, files: Sequence[Spooled], model: ModelInUse | None) -> dict[str, str | None]:
        """The captions of the files whose stored points are up to date, by id.

        None are while no model is known, nor when the request forces. Raises what the store raises.
        """
        candidates = {file.file_id: file for file in files if file.code is None}
        if self._record.request.force or not candidates or (model is None and not self._record.adds):
            return {}
        if await self._is_new():
            return {}
        points = await self._store.retrieve(self._collection, list(candidates), payload=RESCAN)
        stored = {point.id: Fields(point.payload) for point in points}
        return {
            file: point.caption
            for file, point in stored.items()
            if self._is_done(candidates[file], point, model)
        }

    def _is_done(self, file: Spooled, point: Fields, model: ModelInUse | None) -> bool:
        if self._record.adds:
            return is_described(self._record, point)
        return model is not None and is_unchanged(self._record, file, point, model.model)

    async def _is_new(self) -> bool:
        if self._was_empty is None:
            self._was_empty = not (await self._store.info(self._collection)).points_count
        return self._was_empty
