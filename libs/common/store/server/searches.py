"""What a Qdrant server finds: rankings, orders, neighbours, facets."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, cast

from qdrant_client import AsyncQdrantClient, models

from libs.common.errors import Code, SluiceError
from libs.common.store.filters import path_of
from libs.common.store.names import check_known
from libs.common.store.pages import instant, scored, uuid_of
from libs.common.store.protocol import (
    FacetCount,
    Filter,
    FusedRanking,
    NearRanking,
    Order,
    PayloadFields,
    Ranked,
    Ranking,
    Record,
    Scored,
    Shape,
    WordRanking,
)
from libs.common.store.server.failures import translated
from libs.common.store.server.models import condition_of, payload_of, record_of
from libs.common.store.server.version import Version
from libs.common.store.ties import first_depth, next_depth, settled
from libs.common.store.vectors import as_matrix, check_size, cosine

SEARCHES_PER_CALL = 64
RRF_K = 60

_Ask: TypeAlias = Callable[[int], Awaitable[list[Ranked]]]


class Searches:
    """The reads of a Store that compare points, over `client`, to the server at `place`."""

    def __init__(self, client: AsyncQdrantClient, place: str) -> None:
        self._client = client
        self._place = place
        self._version = Version(client, place)

    async def shape(self, name: str) -> Shape:
        """The collection's shape alone."""
        check_known(name)
        with translated(self._place, name):
            found = await self._client.get_collection(name)
        # Collections of ours have one unnamed vector.
        vectors = cast("models.VectorParams", found.config.params.vectors)
        return Shape(vectors.size, vectors.distance.value)

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
        return await self._search(name, vectors, limit, where, offset=offset, payload=payload)

    async def _search(
        self,
        name: str,
        vectors: Sequence[Sequence[float]],
        limit: int,
        where: Filter | None,
        *,
        offset: int = 0,
        payload: PayloadFields = "none",
        exact: bool = False,
    ) -> list[list[Scored]]:
        # Asked each time: the collection may have been made again with another metric.
        by_cosine = (await self.shape(name)).distance == "Cosine"
        request = models.QueryRequest(
            filter=condition_of(where),
            limit=limit,
            offset=offset,
            with_payload=payload_of(payload),
            with_vector=not by_cosine,
            params=models.SearchParams(exact=True) if exact else None,
        )
        found: list[list[Scored]] = []
        for start in range(0, len(vectors), SEARCHES_PER_CALL):
            queries = as_matrix(vectors[start : start + SEARCHES_PER_CALL]).tolist()
            requested = [request.model_copy(update={"query": query}) for query in queries]
            answers = await self._query_batch(name, requested)
            found += [
                _hits(query, answer.points, by_cosine=by_cosine)
                for query, answer in zip(queries, answers, strict=True)
            ]
        return found

    @property
    def has_index(self) -> bool:
        """A server has."""
        return True

    async def neighbours(
        self,
        name: str,
        ids: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        exact: bool = False,
    ) -> dict[str, list[Scored]]:
        """For each of these points its nearest others, best first, without payloads."""
        points = [uuid_of(point) for point in ids]
        with translated(self._place, name):
            there = await self._client.retrieve(name, points, with_payload=False, with_vectors=True)
        vectors = [cast("list[float]", each.vector) for each in there]
        found = await self._search(name, vectors, limit + 1, where, exact=exact)
        return {
            str(point.id): [hit for hit in hits if hit.id != str(point.id)][:limit]
            for point, hits in zip(there, found, strict=True)
        }

    async def can_rank(self) -> bool:
        """Whether the server's release ranks by words: 1.20 and later do."""
        return await self._version.ranks()

    async def rank(
        self, name: str, ranking: Ranking, *, limit: int, where: Filter | None = None
    ) -> list[Ranked]:
        """The best points of the ranking; points of equal score by id."""
        check_known(name)
        if not isinstance(ranking, NearRanking) and not await self.can_rank():
            raise SluiceError(
                Code.STORE_TOO_OLD, f"the store at {self._place} does not rank by words: Qdrant 1.20 does"
            )
        condition = condition_of(where)
        match ranking:
            case NearRanking(vector):
                return await _settled(await self._nearest(name, vector, condition), limit)
            case WordRanking():
                request = models.QueryRequest(
                    query=_text(ranking), using=path_of(ranking.field), filter=condition
                )
                return await _settled(self._asking(name, request), limit)
            case FusedRanking():
                return await _settled(self._asking(name, _fused(ranking, condition)), limit)

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
        check_known(name)
        direction = models.Direction.DESC if order.descending else models.Direction.ASC
        by = models.OrderBy(key=path_of(order.field), direction=direction, start_from=order.start)
        fields, condition = payload_of(_with(payload, order.field)), condition_of(where)
        with translated(self._place, name):
            found, _ = await self._client.scroll(
                name, scroll_filter=condition, limit=limit, order_by=by, with_payload=fields
            )
        return [_in_order(record_of(each), order, payload) for each in found]

    async def facet(
        self, name: str, field: str, *, limit: int, where: Filter | None = None
    ) -> list[FacetCount]:
        """The most frequent values of a field that has an index, and how many points have each."""
        check_known(name)
        condition = condition_of(where)
        with translated(self._place, name):
            found = await self._client.facet(
                name, path_of(field), facet_filter=condition, limit=limit, exact=True
            )
        return [FacetCount(hit.value, hit.count) for hit in found.hits]

    async def _nearest(self, name: str, vector: Sequence[float], condition: models.Filter | None) -> _Ask:
        shape = await self.shape(name)
        check_size(name, shape.vector_size, len(vector))
        query = as_matrix([vector]).tolist()[0]
        if shape.distance == "Cosine":
            return self._asking(name, models.QueryRequest(query=query, filter=condition))
        request = models.QueryRequest(query=query, filter=condition, with_vector=True)

        async def ask(count: int) -> list[Ranked]:
            [answer] = await self._query_batch(name, [request.model_copy(update={"limit": count})])
            return [Ranked(hit.id, hit.score) for hit in _hits(query, answer.points, by_cosine=False)]

        return ask

    def _asking(self, name: str, request: models.QueryRequest) -> _Ask:
        async def ask(count: int) -> list[Ranked]:
            [answer] = await self._query_batch(name, [request.model_copy(update={"limit": count})])
            return [Ranked(str(hit.id), hit.score) for hit in answer.points]

        return ask

    async def _query_batch(
        self, name: str, requests: Sequence[models.QueryRequest]
    ) -> list[models.QueryResponse]:
        with translated(self._place, name):
            return await self._client.query_batch_points(name, requests)


async def _settled(ask: _Ask, limit: int) -> list[Ranked]:
    """The first `limit` of the ranking: what is missing of those of equal score is asked for."""
    requested: int | None = first_depth(limit)
    found: list[Ranked] = []
    while requested is not None:
        found = await ask(requested)
        requested = next_depth(found, requested, limit)
    return settled(found, limit)


def _text(words: WordRanking) -> models.TextQuery:
    return models.TextQuery(text=words.text)


def _fused(ranking: FusedRanking, condition: models.Filter | None) -> models.QueryRequest:
    vector, words = as_matrix([ranking.vector]).tolist()[0], ranking.words
    prefetch = [
        models.Prefetch(query=models.NearestQuery(nearest=vector), filter=condition, limit=ranking.depth),
        models.Prefetch(
            query=_text(words), using=path_of(words.field), filter=condition, limit=ranking.depth
        ),
    ]
    return models.QueryRequest(prefetch=prefetch, query=models.RrfQuery(rrf=models.Rrf(k=RRF_K)))


def _hits(query: list[float], found: list[models.ScoredPoint], *, by_cosine: bool) -> list[Scored]:
    scores: list[float] = [hit.score for hit in found]
    if not by_cosine:
        scores = cosine(query, [cast("list[float]", hit.vector) for hit in found])
    return scored([str(hit.id) for hit in found], scores, [hit.payload for hit in found])


def _with(fields: PayloadFields, field: str) -> PayloadFields:
    """Read with what is asked for: the field that an order is by."""
    if isinstance(fields, str):
        return "all" if fields == "all" else (field,)
    return (*fields, field)


def _in_order(record: Record, order: Order, asked: PayloadFields) -> Record:
    """The record with its value of the order's field, which it has only if it was asked for."""
    read = record.payload.get(order.field)
    value = instant(read) if isinstance(read, str) else read if isinstance(read, int | float) else None
    is_shown = asked == "all" or order.field in asked
    payload = record.payload if is_shown else {k: v for k, v in record.payload.items() if k != order.field}
    return replace(record, payload=payload, value=value)
