"""The store on a Qdrant server, over REST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.models import InlineResponse2008

from libs.common.points.fields import INDEXES
from libs.common.store.filters import path_of
from libs.common.store.names import check_known, check_new, not_found
from libs.common.store.pages import page_of, uuid_of
from libs.common.store.protocol import (
    CollectionInfo,
    Cursor,
    Distance,
    Filter,
    Payload,
    PayloadFields,
    Place,
    Point,
    RankedBy,
    RankedPage,
    Record,
    Sorted,
)
from libs.common.store.ranking import ranked_page
from libs.common.store.server.failures import translated
from libs.common.store.server.models import condition_of, index_of, payload_of, record_of, upsert_body
from libs.common.store.server.searches import Searches
from libs.common.store.sorting import sorted_page

TIMEOUT_SECONDS = 30
INDEX_SECONDS = 900
"""How long adding one index may take: it reads all payloads."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How new collections lie on the nodes of a cluster; None: as Qdrant decides."""

    shards: int | None = None
    replicas: int | None = None


ONE_NODE = Spread()


class ServerStore(Searches):
    """A Store on the Qdrant server at `host`:`port`. Nothing is asked of it before the first call."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        api_key: str | None = None,
        https: bool = False,
        timeout_seconds: int = TIMEOUT_SECONDS,
        spread: Spread = ONE_NODE,
    ) -> None:
        self._spread = spread
        client = AsyncQdrantClient(
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
        super().__init__(client, f"{host}:{port}")

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
            await self._client.create_collection(
                name,
                vectors_config=vectors,
                shard_number=self._spread.shards,
                replication_factor=self._spread.replicas,
            )
        await self.ensure_indexes(name)

    async def ensure_indexes(self, name: str) -> list[str]:
        """Add the indexes that the collection lacks; a server goes on serving meanwhile."""
        check_known(name)
        ranks = await self.can_rank()
        with translated(self._place, name):
            there = (await self._client.get_collection(name)).payload_schema
            wanted = {field: index_of(kind, ranks=ranks) for field, kind in INDEXES.items()}
            missing = [field for field in wanted if not _is_complete(there.get(field), wanted[field])]
            for field in missing:
                await self._client.create_payload_index(
                    name, path_of(field), wanted[field], timeout=INDEX_SECONDS
                )
        return missing

    async def delete(self, name: str) -> None:
        """Remove the collection and all its points."""
        check_known(name)
        with translated(self._place, name):
            # Some versions answer 404, some that nothing was removed.
            if not await self._client.delete_collection(name):
                raise not_found(name)

    async def info(self, name: str) -> CollectionInfo:
        """The collection's shape and counts."""
        check_known(name)
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
        check_known(name)
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
        check_known(name)
        points = [uuid_of(point) for point in ids]
        with translated(self._place, name):
            found = await self._client.retrieve(name, points, payload_of(payload), with_vectors=vectors)
        return [record_of(each) for each in found]

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
        check_known(name)
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
        return page_of([record_of(each) for each in found], limit, after, more=following is not None)

    async def page(
        self, wanted: Sorted, limit: int, after: Cursor | None = None, skipped: int = 0
    ) -> tuple[list[Record], Cursor | None]:
        """A page of a list in an order."""
        return await sorted_page(self, wanted, limit, after, skipped)

    async def ranked_page(
        self, wanted: RankedBy, limit: int, after: Place | None = None, skipped: int = 0
    ) -> RankedPage:
        """A page of a ranking."""
        return await ranked_page(self, wanted, limit, after, skipped)

    async def complete(self, name: str, field: str, additions: Mapping[str, Payload]) -> None:
        """Add payload to those of the points that have no value of `field`."""
        check_known(name)
        await self._set(name, field, additions)

    async def set_payload(self, name: str, additions: Mapping[str, Payload]) -> None:
        """Set fields of those of the points that exist."""
        check_known(name)
        await self._set(name, None, additions)

    async def _set(self, name: str, field: str | None, additions: Mapping[str, Payload]) -> None:
        operations = [_completion(field, point, payload) for point, payload in additions.items()]
        if operations:
            with translated(self._place, name):
                await self._client.batch_update_points(name, operations, wait=True)

    async def count(self, name: str, where: Filter | None = None) -> int:
        """How many points fulfil the filter, exactly."""
        check_known(name)
        condition = condition_of(where)
        with translated(self._place, name):
            return (await self._client.count(name, count_filter=condition, exact=True)).count

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points; those that do not exist are no error."""
        check_known(name)
        if not ids:
            return
        selected = models.PointIdsList(points=[uuid_of(point) for point in ids])
        with translated(self._place, name):
            await self._client.delete(name, selected, wait=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _completion(field: str | None, point: str, payload: Payload) -> models.SetPayloadOperation:
    # By a filter: of ids, one that does not exist would fail the others.
    must: list[models.Condition] = [models.HasIdCondition(has_id=[uuid_of(point)])]
    if field is not None:
        must.append(models.IsEmptyCondition(is_empty=models.PayloadField(key=path_of(field))))
    where = models.Filter(must=must)
    return models.SetPayloadOperation(set_payload=models.SetPayload(payload=payload, filter=where))


def _is_complete(there: models.PayloadIndexInfo | None, wanted: models.TextIndexParams | str) -> bool:
    """Whether the index is as wanted: one of a release that did not rank is made again."""
    if there is None or isinstance(wanted, str):
        return there is not None
    return isinstance(there.params, models.TextIndexParams) and bool(there.params.scoring)
