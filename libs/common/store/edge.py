"""The embedded store: Qdrant's own engine, in a process of its own next to this one."""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from libs.common.errors import Code, UnavailableError
from libs.common.points.field import Index
from libs.common.points.fields import INDEXES
from libs.common.store.advice import server_advice
from libs.common.store.engine import wire
from libs.common.store.engine.client import CALL_SECONDS, EngineClient
from libs.common.store.protocol import (
    CollectionInfo,
    Cursor,
    Distance,
    FacetCount,
    Filter,
    Order,
    Payload,
    PayloadFields,
    Place,
    Point,
    Ranked,
    RankedBy,
    RankedPage,
    Ranking,
    Record,
    Scored,
    Shape,
    Sorted,
)

LOCK_PATIENCE_SECONDS = 5.0
"""How long a new owner waits for the last one, whose engine ends a moment after it was killed."""

LEAST_SEARCHES, MOST_SEARCHES = 8, 64
"""In one call to the engine. Fewer cost more each: at 100,000 points 11 ms by 4, 7.4 by 16, 6.4 by 64."""
COMPARED_PER_CALL = 1_600_000
"""Points that the searches of one call are compared with, some 0.1 s, before other calls get their turn."""

POINTS_PER_CALL = 16
"""Points written in one call: reads that wait go before the next.

By 32 a point costs some 5 % less, and the slowest searches next to a job take 1.2 to 2 times as long.
"""
INDEX_SECONDS = 900.0
"""One index of a large collection reads all its payloads: 20 s for a million of 1 KB."""

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


class EdgeStore:
    """A Store in `root`: a folder a collection. One process at a time: others get data_dir_busy.

    The engine starts with the first call (or `open`) and is started again should it ever die; what was
    acknowledged is then still there. An acknowledged write survives a kill of this process and of the
    engine's. `indexes`: the kind of index that each collection has, by field.
    """

    def __init__(
        self,
        root: Path,
        *,
        lock_patience_seconds: float = LOCK_PATIENCE_SECONDS,
        indexes: Mapping[str, Index] = INDEXES,
    ) -> None:
        self._opened = wire.Open(os.fsencode(root), lock_patience_seconds, dict(indexes))
        self._client: EngineClient | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._large: set[str] = set()

    async def open(self) -> None:
        """Start the engine now; SluiceError data_dir_busy if another process uses the folder."""
        await self._engine()

    async def collections(self) -> list[str]:
        """The names of all collections, sorted."""
        return await self._ask(wire.Collections(), list[str])

    async def create(self, name: str, vector_size: int, distance: Distance) -> None:
        """Make an empty collection; collection_exists, or invalid_request for an impossible name."""
        await self._ask(wire.Create(name, vector_size, distance), None)

    async def delete(self, name: str) -> None:
        """Remove the collection and all its points."""
        await self._ask(wire.Delete(name), None)

    async def info(self, name: str) -> CollectionInfo:
        """The collection's shape and counts. Of a large one it is said once that it wants a server."""
        found = await self._ask(wire.Info(name), CollectionInfo)
        if name not in self._large and (advice := server_advice(name, found.points_count)):
            self._large.add(name)
            log.warning("%s", advice)
        return found

    async def ensure_indexes(self, name: str) -> list[str]:
        """Add the indexes that the collection lacks; other calls get their turn between two of them."""
        missing = await self._ask(wire.MissingIndexes(name), list[str])
        for field in missing:
            await self._ask(wire.AddIndex(name, field), None, INDEX_SECONDS)
        return missing

    async def shape(self, name: str) -> Shape:
        """The collection's shape alone."""
        return await self._ask(wire.GetShape(name), Shape)

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Write the points; they are in the engine's log when this returns, and some of them if it raises."""
        for start in range(0, len(points), POINTS_PER_CALL):
            part = points[start : start + POINTS_PER_CALL]
            call = wire.Upsert(
                name,
                [point.id for point in part],
                wire.floats([point.vector for point in part]),
                [point.payload for point in part],
            )
            await self._ask(call, None)

    async def retrieve(
        self, name: str, ids: Sequence[str], *, payload: PayloadFields = "all", vectors: bool = False
    ) -> list[Record]:
        """The points of these ids that exist, in no promised order."""
        return await self._ask(wire.Retrieve(name, list(ids), payload, vectors), list[Record])

    async def scroll(
        self,
        name: str,
        *,
        limit: int,
        after: str | None = None,
        where: Filter | None = None,
        payload: PayloadFields = "all",
        vectors: bool = False,
    ) -> tuple[list[Record], str | None]:
        """A page of points in id order, and the `after` of the next page (None at the end)."""
        call = wire.Scroll(name, limit, after, where, payload, vectors)
        return await self._ask(call, tuple[list[Record], str | None])

    async def search(
        self,
        name: str,
        vectors: Sequence[Sequence[float]],
        *,
        limit: int,
        offset: int = 0,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[list[Scored]]:
        """For each vector its nearest points, best first."""
        found: list[list[Scored]] = []
        portion = await self._portion(name, len(vectors))
        for start in range(0, len(vectors), portion):
            part = vectors[start : start + portion]
            call = wire.Search(name, len(part), wire.floats(part), limit, offset, where, payload)
            found += await self._ask(call, list[list[Scored]])
        return found

    async def _portion(self, name: str, searches: int) -> int:
        """How many of the searches go into one call."""
        if searches <= LEAST_SEARCHES:
            return LEAST_SEARCHES
        points = await self.count(name)
        return max(LEAST_SEARCHES, min(MOST_SEARCHES, COMPARED_PER_CALL // max(1, points)))

    @property
    def has_index(self) -> bool:
        """It looks at all points."""
        return False

    async def neighbours(
        self,
        name: str,
        ids: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        exact: bool = False,  # noqa: ARG002 - it always is
    ) -> dict[str, list[Scored]]:
        """For each of these points its nearest others, best first, without payloads."""
        points = await self.retrieve(name, ids, payload="none", vectors=True)
        vectors = [point.vector or [] for point in points]
        found = await self.search(name, vectors, limit=limit + 1, where=where, payload="none")
        return {
            point.id: [hit for hit in hits if hit.id != point.id][:limit]
            for point, hits in zip(points, found, strict=True)
        }

    async def rank(
        self, name: str, ranking: Ranking, *, limit: int, where: Filter | None = None
    ) -> list[Ranked]:
        """The best points of the ranking; points of equal score by id."""
        return await self._ask(wire.Rank(name, wire.How.of(ranking), limit, where), list[Ranked])

    async def ranked_page(
        self, wanted: RankedBy, limit: int, after: Place | None = None, skipped: int = 0
    ) -> RankedPage:
        """A page of a ranking, in one call to the engine."""
        how = wire.How.of(wanted.ranking)
        call = wire.RankedPage(
            wanted.collection, how, wanted.where, wanted.payload, wanted.but, limit, after, skipped
        )
        return await self._ask(call, RankedPage)

    async def can_rank(self) -> bool:
        """This engine ranks by words."""
        return True

    async def ordered(
        self,
        name: str,
        order: Order,
        *,
        limit: int,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[Record]:
        """The first points in this order; those of equal values in no promised order."""
        return await self._ask(wire.Ordered(name, order, limit, where, payload), list[Record])

    async def page(
        self, wanted: Sorted, limit: int, after: Cursor | None = None, skipped: int = 0
    ) -> tuple[list[Record], Cursor | None]:
        """A page of a list in an order, in one call to the engine."""
        return await self._ask(wire.Page(wanted, limit, after, skipped), tuple[list[Record], Cursor | None])

    async def facet(
        self, name: str, field: str, *, limit: int, where: Filter | None = None
    ) -> list[FacetCount]:
        """The most frequent values of a field that has an index, and how many points have each."""
        return await self._ask(wire.Facet(name, field, limit, where), list[FacetCount])

    async def complete(self, name: str, field: str, additions: Mapping[str, Payload]) -> None:
        """Add payload to those of the points that have no value of `field`."""
        if additions:
            await self._ask(wire.Complete(name, field, dict(additions)), None)

    async def set_payload(self, name: str, additions: Mapping[str, Payload]) -> None:
        """Set fields of those of the points that exist."""
        if additions:
            await self._ask(wire.Complete(name, None, dict(additions)), None)

    async def count(self, name: str, where: Filter | None = None) -> int:
        """How many points fulfil the filter, exactly."""
        return await self._ask(wire.Count(name, where), int)

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points; those that do not exist are no error."""
        if ids:
            await self._ask(wire.DeletePoints(name, list(ids)), None)

    async def close(self) -> None:
        """End the engine, which flushes first."""
        self._closed = True
        async with self._starting:
            if self._client is not None:
                await self._client.close()

    async def _ask(
        self, call: wire.Call, result: type[ResultT] | None, seconds: float = CALL_SECONDS
    ) -> ResultT:
        return await (await self._engine()).ask(call, result, seconds)

    async def _engine(self) -> EngineClient:
        if self._client is None or self._client.ended:
            async with self._starting:
                if self._closed:
                    raise UnavailableError(Code.STORE_UNAVAILABLE, "the embedded store is closed")
                if self._client is None or self._client.ended:
                    self._client = await EngineClient.start(self._opened)
        return self._client
