"""One collection: an engine's shard, its shape, and when to flush and to compact it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, cast

import qdrant_edge as edge

from libs.common.points.field import Index
from libs.common.store.engine import queries
from libs.common.store.engine.building import add_index, load
from libs.common.store.engine.conditions import condition_of, payload_of
from libs.common.store.filters import path_of
from libs.common.store.pages import page_of, scored, uuid_of
from libs.common.store.protocol import (
    CollectionInfo,
    FacetCount,
    Filter,
    FusedRanking,
    NearRanking,
    Order,
    Payload,
    PayloadFields,
    Ranked,
    Ranking,
    Record,
    Scored,
    Shape,
    WordRanking,
)
from libs.common.store.ties import first_depth, next_depth, settled
from libs.common.store.vectors import Matrix, check_size, cosine

FLUSH_EVERY = 8192
"""Written points after which the shard is flushed, which lets the engine shorten its write-ahead log.

A flush waits for the disk for each of some 330 files, during which no call is answered: 0.6 to 1.8 s on a
busy disk, 0.05 to 0.1 of it work. So many points are 120 MB of log, which a start after a kill applies again.
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMPACT_AFTER = 1000
"""Deleted points after which a compaction is worth its time; the engine's own threshold is the same."""


class Closed(NamedTuple):
    """What is known of a collection that was closed: no other process writes into it."""

    info: CollectionInfo
    deleted: int


class Shard:
    """An open collection. Not safe for several threads; blocks; an acknowledged write is in the log."""

    def __init__(
        self,
        name: str,
        shape: Shape,
        indexes: Mapping[str, Index],
        engine: edge.EdgeShard,
        closed: Closed | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self._indexes = indexes
        self._engine = engine
        self._unflushed = 0
        self._info = None if closed is None else closed.info
        self._deleted = 0 if closed is None else closed.deleted

    @classmethod
    def load(
        cls,
        name: str,
        shape: Shape,
        indexes: Mapping[str, Index],
        folder: Path,
        closed: Closed | None = None,
    ) -> "Shard":
        """The shard that `folder` holds, with every write that was ever acknowledged.

        `closed`: what `known` gave, if this process had it open before.
        """
        return cls(name, shape, indexes, load(shape, folder), closed)

    def known(self) -> Closed:
        """What stays true of it once it is closed."""
        return Closed(self.info(), self._deleted)

    def close(self) -> None:
        """Flush and release the files."""
        self._engine.close()

    def info(self) -> CollectionInfo:
        """The shape and the counts, kept until something is written.

        Counts exactly: the engine's own figure is too high after a crash.
        """
        if self._info is None:
            self._info = CollectionInfo(
                name=self.name,
                status="green",
                vector_size=self.shape.vector_size,
                distance=self.shape.distance,
                points_count=self.count(None),
                indexed_vectors_count=self._engine.info().indexed_vectors_count,
            )
        return self._info

    def upsert(self, ids: Sequence[str], vectors: Matrix, payloads: Sequence[Payload]) -> None:
        """Write the points; `vectors` has one row a point."""
        check_size(self.name, self.shape.vector_size, vectors.shape[1])
        points = [
            edge.Point(uuid_of(point), vector, payload)
            for point, vector, payload in zip(ids, vectors.tolist(), payloads, strict=True)
        ]
        self._engine.update(edge.UpdateOperation.upsert_points(points))
        self._written(len(ids))

    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove those of the points that exist."""
        self._engine.update(edge.UpdateOperation.delete_points([uuid_of(point) for point in ids]))
        self._deleted += len(ids)
        self._written(len(ids))

    def retrieve(self, ids: Sequence[str], payload: PayloadFields, vectors: bool) -> list[Record]:
        """The points of these ids that exist."""
        found = self._engine.retrieve([uuid_of(point) for point in ids], payload_of(payload), vectors)
        return [_record(each) for each in found]

    def scroll(
        self, limit: int, after: str | None, where: Filter | None, payload: PayloadFields, vectors: bool
    ) -> tuple[list[Record], str | None]:
        """A page of points whose id is greater than `after`, and the last id if there are more."""
        # The engine starts at an id, not after it: ask for one more and leave it out if it is there.
        page, following = self._engine.scroll(
            edge.ScrollRequest(
                offset=None if after is None else uuid_of(after),
                limit=limit if after is None else limit + 1,
                filter=condition_of(where),
                with_payload=payload_of(payload),
                with_vector=vectors,
            )
        )
        return page_of([_record(each) for each in page], limit, after, more=following is not None)

    def search(
        self, queries: Matrix, limit: int, offset: int, where: Filter | None, payload: PayloadFields
    ) -> list[list[Scored]]:
        """For each row of `queries` its nearest points."""
        check_size(self.name, self.shape.vector_size, queries.shape[1])
        rows = queries.tolist()
        requests = [
            edge.QueryRequest(
                limit=limit,
                offset=offset,
                query=edge.Query.Nearest(row),
                filter=condition_of(where),
                with_payload=payload_of(payload),
                with_vector=self.shape.distance != "Cosine",
            )
            for row in rows
        ]
        answers = self._engine.query_batch(edge.QueryBatchRequest(requests))
        return [self._hits(row, hits) for row, hits in zip(rows, answers, strict=True)]

    def rank(self, ranking: Ranking, limit: int, where: Filter | None) -> list[Ranked]:
        """The best points by nearness, by words, or by both; ties by id."""
        condition = condition_of(where)
        match ranking:
            case NearRanking(vector):
                row = self._checked(vector)
                return self._settled(lambda count: self._near(row, count, condition), limit)
            case WordRanking():
                return self._settled(
                    lambda count: self._ranked(queries.by_words(ranking, count, condition)), limit
                )
            case FusedRanking(vector, words, depth):
                row = self._checked(vector)
                return self._settled(
                    lambda count: self._ranked(queries.fused(row, words, depth, count, condition)), limit
                )

    def ordered(self, order: Order, limit: int, where: Filter | None, payload: PayloadFields) -> list[Record]:
        """The first points in this order, of those that have a value of the field."""
        direction = edge.Direction.Desc if order.descending else edge.Direction.Asc
        found, _ = self._engine.scroll(
            edge.ScrollRequest(
                limit=limit,
                filter=condition_of(where),
                with_payload=payload_of(payload),
                order_by=edge.OrderBy(path_of(order.field), direction, order.start),
            )
        )
        value = _instant if self._indexes.get(order.field) == "datetime" else _number
        return [Record(str(each.id), each.payload or {}, None, value(each.order_value)) for each in found]

    def facet(self, field: str, limit: int, where: Filter | None) -> list[FacetCount]:
        """The most frequent values of the field, and how many points have each."""
        # Without a filter the index keeps the counts: 0.1 ms where going through 100,000 points takes 30.
        request = edge.FacetRequest(
            path_of(field), limit=limit, exact=where is not None, filter=condition_of(where)
        )
        return [FacetCount(hit.value, hit.count) for hit in self._engine.facet(request)]

    def complete(self, field: str | None, additions: dict[str, Payload]) -> None:
        """Add payload to those of the points that have no value of the field; None: to all that exist."""
        lacking = [] if field is None else [edge.IsEmptyCondition(path_of(field))]
        for point, payload in additions.items():
            condition = edge.Filter(must=[edge.HasIdCondition({uuid_of(point)}), *lacking])
            self._engine.update(edge.UpdateOperation.set_payload_by_filter(condition, payload))
        self._written(len(additions))

    def missing_indexes(self) -> list[str]:
        """The fields that should have an index here and have none."""
        there = self._engine.info().payload_schema
        return [field for field in self._indexes if field not in there]

    def add_index(self, field: str) -> None:
        """Add the index of a field."""
        add_index(self._engine, field, self._indexes[field])

    def count(self, where: Filter | None) -> int:
        """How many points fulfil the filter."""
        return self._engine.count(edge.CountRequest(exact=True, filter=condition_of(where)))

    def tidy(self) -> None:
        """What is better done while no call waits: compact after deletions, flush what was written."""
        if self._deleted >= COMPACT_AFTER:
            self._engine.optimize()
            self._deleted, self._info = 0, None
            self._unflushed += 1
        if self._unflushed:
            self._engine.flush()
            self._unflushed = 0

    def _checked(self, vector: Sequence[float]) -> list[float]:
        check_size(self.name, self.shape.vector_size, len(vector))
        return list(vector)

    def _near(self, vector: list[float], limit: int, where: edge.Filter | None) -> list[Ranked]:
        request = queries.nearest(vector, limit, where, with_vector=self.shape.distance != "Cosine")
        return [Ranked(hit.id, hit.score) for hit in self._hits(vector, self._engine.query(request))]

    def _ranked(self, request: edge.QueryRequest) -> list[Ranked]:
        return [Ranked(str(hit.id), hit.score) for hit in self._engine.query(request)]

    def _settled(self, ask: Callable[[int], list[Ranked]], limit: int) -> list[Ranked]:
        """The first `limit` of the ranking: what is missing of those of equal score is asked for."""
        requested: int | None = first_depth(limit)
        found: list[Ranked] = []
        while requested is not None:
            found = ask(requested)
            requested = next_depth(found, requested, limit)
        return settled(found, limit)

    def _hits(self, query: list[float], found: list[edge.ScoredPoint]) -> list[Scored]:
        scores: list[float] = [hit.score for hit in found]
        if self.shape.distance != "Cosine":
            scores = cosine(query, [_vector(hit) or [] for hit in found])
        return scored([str(hit.id) for hit in found], scores, [hit.payload for hit in found])

    def _written(self, points: int) -> None:
        self._info = None
        self._unflushed += points
        if self._unflushed >= FLUSH_EVERY:
            self._engine.flush()
            self._unflushed = 0


def _record(found: edge.Record) -> Record:
    return Record(id=str(found.id), payload=found.payload or {}, vector=_vector(found))


def _number(value: float | None) -> float | None:
    return value


def _instant(microseconds: float | None) -> str | None:
    """The instant so many microseconds after 1970."""
    if microseconds is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=int(microseconds))).isoformat()
    except OverflowError:  # of a year that cannot be written
        last = datetime.min.replace(tzinfo=UTC) if microseconds < 0 else datetime.max.replace(tzinfo=UTC)
        return last.isoformat()


def _vector(found: edge.Record | edge.ScoredPoint) -> list[float] | None:
    # Collections of ours have one unnamed dense vector, which the binding gives as a list of floats.
    return cast("list[float] | None", found.vector)
