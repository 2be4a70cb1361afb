"""The store on a Qdrant server, over REST."""

from collections.abc import Sequence
from typing import cast

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.models import InlineResponse2008

from libs.common.points.fields import INDEXES
from libs.common.store.names import check_new, is_name, not_found
from libs.common.store.pages import page_of, scored, uuid_of
from libs.common.store.protocol import (
    CollectionInfo,
    Distance,
    Filter,
    PayloadFields,
    Point,
    Record,
    Scored,
)
from libs.common.store.server.failures import translated
from libs.common.store.server.models import condition_of, payload_of, upsert_body
from libs.common.store.vectors import as_matrix, cosine

SEARCHES_PER_CALL = 64
TIMEOUT_SECONDS = 30


class ServerStore:
    """A Store on the Qdrant server at `host`:`port`. Nothing is asked of it before the first call."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        api_key: str | None = None,
        https: bool = False,
        timeout_seconds: int = TIMEOUT_SECONDS,
    ) -> None:
        self._place = f"{host}:{port}"
        self._client = AsyncQdrantClient(
            host=host,
            port=port,
            https=https,
            # As a header, since the client warns about a key without TLS, which is the operator's choice.
            headers={"api-key": api_key} if api_key else None,
            timeout=timeout_seconds,
            check_compatibility=False,
            # The client's own default closes each connection to a local server after one request.
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=15),
        )

    async def collections(self) -> list[str]:
        """The names of all collections, sorted."""
        with translated(self._place):
            found = await self._client.get_collections()
        return sorted(each.name for each in found.collections)

    async def create(self, name: str, vector_size: int, distance: Distance) -> None:
        """Make an empty collection; collection_exists, or invalid_request for an impossible name."""
        check_new(name)
        vectors = models.VectorParams(size=vector_size, distance=models.Distance(distance))
        with translated(self._place, name):
            await self._client.create_collection(name, vectors_config=vectors)
            for field, kind in INDEXES.items():
                await self._client.create_payload_index(name, field, models.PayloadSchemaType(kind))

    async def delete(self, name: str) -> None:
        """Remove the collection and all its points."""
        _check(name)
        with translated(self._place, name):
            # Some versions answer 404, some that nothing was removed.
            if not await self._client.delete_collection(name):
                raise not_found(name)

    async def info(self, name: str) -> CollectionInfo:
        """The collection's shape and counts."""
        _check(name)
        with translated(self._place, name):
            found = await self._client.get_collection(name)
        # Collections of ours have one unnamed vector.
        vectors = cast("models.VectorParams", found.config.params.vectors)
        return CollectionInfo(
            name=name,
            status=found.status.value,
            vector_size=vectors.size,
            distance=vectors.distance.value,
            points_count=found.points_count or 0,
            indexed_vectors_count=found.indexed_vectors_count or 0,
        )

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Write the points; the server has applied and logged them when this returns."""
        _check(name)
        if not points:
            return
        body = upsert_body(points)
        with translated(self._place, name):
            answer = await self._client.http.client.request(
                type_=InlineResponse2008,
                method="PUT",
                url="/collections/{collection_name}/points",
                path_params={"collection_name": name},
                params={"wait": "true"},
                headers={"Content-Type": "application/json"},
                content=body,
            )
            if answer.result is None:
                raise ValueError("the answer says nothing of the write")

    async def retrieve(
        self, name: str, ids: Sequence[str], *, payload: PayloadFields = "all", vectors: bool = False
    ) -> list[Record]:
        """The points of these ids that exist, in no promised order."""
        _check(name)
        points = [uuid_of(point) for point in ids]
        with translated(self._place, name):
            found = await self._client.retrieve(name, points, payload_of(payload), with_vectors=vectors)
        return [_record(each) for each in found]

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
        _check(name)
        start = None if after is None else uuid_of(after)
        condition = condition_of(where)
        with translated(self._place, name):
            found, following = await self._client.scroll(
                name,
                scroll_filter=condition,
                limit=limit if after is None else limit + 1,
                offset=start,
                with_payload=payload_of(payload),
                with_vectors=vectors,
            )
        return page_of([_record(each) for each in found], limit, after, more=following is not None)

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
        # Asked each time: the collection may have been recreated with another metric.
        by_cosine = (await self.info(name)).distance == "Cosine"
        request = models.QueryRequest(
            filter=condition_of(where),
            limit=limit,
            offset=offset,
            with_payload=payload_of(payload),
            with_vector=not by_cosine,
        )
        found: list[list[Scored]] = []
        for start in range(0, len(vectors), SEARCHES_PER_CALL):
            queries = as_matrix(vectors[start : start + SEARCHES_PER_CALL]).tolist()
            asked = [request.model_copy(update={"query": query}) for query in queries]
            with translated(self._place, name):
                answers = await self._client.query_batch_points(name, asked)
            found += [
                _hits(query, answer.points, by_cosine=by_cosine)
                for query, answer in zip(queries, answers, strict=True)
            ]
        return found

    async def count(self, name: str, where: Filter | None = None) -> int:
        """How many points fulfil the filter, exactly."""
        _check(name)
        condition = condition_of(where)
        with translated(self._place, name):
            return (await self._client.count(name, count_filter=condition, exact=True)).count

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points; those that do not exist are no error."""
        _check(name)
        if not ids:
            return
        selected = models.PointIdsList(points=[uuid_of(point) for point in ids])
        with translated(self._place, name):
            await self._client.delete(name, selected, wait=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _check(name: str) -> None:
    if not is_name(name):
        raise not_found(name)


def _record(found: models.Record) -> Record:
    return Record(
        id=str(found.id), payload=found.payload or {}, vector=cast("list[float] | None", found.vector)
    )


def _hits(query: list[float], found: list[models.ScoredPoint], *, by_cosine: bool) -> list[Scored]:
    scores: list[float] = [hit.score for hit in found]
    if not by_cosine:
        scores = cosine(query, [cast("list[float]", hit.vector) for hit in found])
    return scored([str(hit.id) for hit in found], scores, [hit.payload for hit in found])
