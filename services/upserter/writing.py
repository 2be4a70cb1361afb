"""Writing points in bulk, and finding the few that a store will never take."""

import asyncio
from collections.abc import Sequence

from libs.common.duplicates.settling import settle
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.points.fields import Fields
from libs.common.store.protocol import Point, Store

Rejected = dict[str, SluiceError]
"""Point id to why the store will never take it."""


class Writer:
    """Upserts of at most `size` points, at most `concurrency` of them in flight over all calls."""

    def __init__(self, store: Store, size: int, concurrency: int) -> None:
        self._store = store
        self._size = size
        self._slots = asyncio.Semaphore(concurrency)

    async def write(self, collection: str, points: Sequence[Point]) -> Rejected:
        """Write the points; all but those in the answer are durable when it returns, and say what stands for
        their stacks.

        Raises UnavailableError if the store is away: then write them all again, which overwrites.
        """
        chunks = [points[start : start + self._size] for start in range(0, len(points), self._size)]
        writes = (self._upsert(collection, chunk) for chunk in chunks)
        # All have ended before an error is raised: a second try must not run next to the rest of the first.
        found = await asyncio.gather(*writes, return_exceptions=True)
        rejected: Rejected = {}
        for result in sorted(found, key=_unavailable_last):
            if isinstance(result, BaseException):
                raise result
            rejected |= result
        # After the write: of two files of one picture the one that comes last sees both.
        await settle(self._store, collection, {Fields(point.payload).stack or "" for point in points} - {""})
        return rejected

    async def _upsert(self, collection: str, points: Sequence[Point]) -> Rejected:
        try:
            async with self._slots:
                await self._store.upsert(collection, points)
        except UnavailableError:
            raise
        except SluiceError as error:
            if error.code is not Code.STORE_REJECTED:
                raise
            return await self._isolate(collection, points, error)
        return {}

    async def _isolate(self, collection: str, points: Sequence[Point], error: SluiceError) -> Rejected:
        """Halve what was refused until the points that cannot be taken stand alone."""
        if len(points) == 1:
            return {points[0].id: error}
        middle = len(points) // 2
        first = await self._upsert(collection, points[:middle])
        return first | await self._upsert(collection, points[middle:])


def _unavailable_last(result: Rejected | BaseException) -> bool:
    """A refusal stays one however often the write is tried again, so it is what must be told first."""
    return isinstance(result, UnavailableError)
