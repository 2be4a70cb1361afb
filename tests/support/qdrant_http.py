"""A Qdrant server for tests: the REST calls that ServerStore makes, over Qdrant's own embedded engine.

Envelope, error texts and scores are those of the real server; `qdrant_faults` adds faults on demand.
Run it with `python -m tests.support.qdrant_http --port 0 --data DIR`; it prints its port.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from libs.common.errors import Code, SluiceError
from libs.common.points.field import Index
from libs.common.points.fields import INDEXES
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import (
    Distance,
    FusedRanking,
    Order,
    Point,
    Ranking,
    Record,
    Store,
    WordRanking,
)
from tests.support import qdrant_bodies as bodies
from tests.support.qdrant_faults import Connection, Faults, listening

BodyT = TypeVar("BodyT")
VERSION = "QDRANT_HTTP_VERSION"
"""Names the release that it says it is; before 1.20 it refuses rankings by words, as those do."""

Handler = Callable[[Store, str, Request], Awaitable[Any]]

_bare: dict[str, set[str]] = {}
"""By collection that was made with `?bare`, the indexes that it lacks, as a real server's does at first."""


class RefusedError(Exception):
    """An answer of Qdrant's that is an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def _body(request: Request, kind: type[BodyT]) -> BodyT:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as error:
        raise RefusedError(400, f"Format error in JSON body: {error}") from error


async def list_collections(store: Store, _: str, __: Request) -> Any:
    return {"collections": [{"name": name} for name in await store.collections()]}


async def create_collection(store: Store, name: str, request: Request) -> Any:
    wanted = await _body(request, bodies.CreateCollection)
    await store.create(name, wanted.vectors.size, cast("Distance", wanted.vectors.distance))
    if "bare" in request.query_params:
        _bare[name] = set(INDEXES)
    return True


async def delete_collection(store: Store, name: str, _: Request) -> Any:
    try:
        await store.delete(name)
    except SluiceError as error:
        if error.code is not Code.COLLECTION_NOT_FOUND:
            raise
        return False
    return True


async def get_collection(store: Store, name: str, _: Request) -> Any:
    info = await store.info(name)
    return {
        "status": info.status,
        "optimizer_status": "ok",
        "points_count": info.points_count,
        "indexed_vectors_count": info.indexed_vectors_count,
        "segments_count": 1,
        "config": {
            "params": {"vectors": {"size": info.vector_size, "distance": info.distance}},
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
            "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        },
        "payload_schema": await _schema(store, name),
    }


async def create_index(store: Store, name: str, request: Request) -> Any:
    wanted = await _body(request, bodies.CreateIndex)
    await store.info(name)
    # The engine below makes these indexes by itself with every collection.
    if bodies.plain(wanted.field_name) not in INDEXES:
        raise RefusedError(400, "Wrong input: only the indexes of points.fields are served here")
    await store.ensure_indexes(name)
    _bare.get(name, set()).discard(bodies.plain(wanted.field_name))
    return _acknowledged(request)


async def _schema(store: Store, name: str) -> dict[str, Any]:
    """What the engine has, without the indexes that no one has asked for since the collection was made."""
    await store.ensure_indexes(name)
    scoring = {"type": "text", "tokenizer": "word", "scoring": os.environ.get(VERSION, "1.20") >= "1.20"}
    return {
        field: {"data_type": kind, "points": 0, "params": scoring if kind == "text" else None}
        for field, kind in INDEXES.items()
        if field not in _bare.get(name, ())
    }


async def upsert(store: Store, name: str, request: Request) -> Any:
    batch = (await _body(request, bodies.Upsert)).batch
    points = [Point(*each) for each in zip(batch.ids, batch.vectors, batch.payloads, strict=True)]
    try:
        await store.upsert(name, points)
    except SluiceError as error:
        if error.code is not Code.VECTOR_SIZE_MISMATCH:
            raise
        raise await _wrong_size(store, name, batch.vectors) from error
    return _acknowledged(request)


async def retrieve(store: Store, name: str, request: Request) -> Any:
    wanted = await _body(request, bodies.Retrieve)
    payload = bodies.fields_of(wanted.with_payload)
    found = await store.retrieve(name, wanted.ids, payload=payload, vectors=wanted.with_vector)
    return [_record(each) for each in found]


async def scroll(store: Store, name: str, request: Request) -> Any:
    """Qdrant's pages start at the offset, the protocol's after it: step back by asking for one id less."""
    wanted = await _body(request, bodies.Scroll)
    if wanted.order_by is not None:
        return {"points": await _ordered(store, name, wanted, wanted.order_by), "next_page_offset": None}
    before = None if wanted.offset is None else _id_before(wanted.offset)
    found, _ = await store.scroll(
        name,
        limit=wanted.limit + 1,
        after=before,
        where=bodies.filter_of(wanted.filter),
        payload=bodies.fields_of(wanted.with_payload),
        vectors=wanted.with_vector,
    )
    following = found[wanted.limit].id if len(found) > wanted.limit else None
    return {"points": [_record(each) for each in found[: wanted.limit]], "next_page_offset": following}


async def _ordered(
    store: Store, name: str, wanted: bodies.Scroll, by: bodies.OrderBy
) -> list[dict[str, Any]]:
    found = await store.ordered(
        name,
        Order(bodies.plain(by.key), by.direction == "desc", by.start_from),
        limit=wanted.limit,
        where=bodies.filter_of(wanted.filter),
        payload=bodies.fields_of(wanted.with_payload),
    )
    return [_record(each) for each in found]


async def facet(store: Store, name: str, request: Request) -> Any:
    wanted = await _body(request, bodies.Facet)
    where = bodies.filter_of(wanted.filter)
    found = await store.facet(name, bodies.plain(wanted.key), limit=wanted.limit, where=where)
    return {"hits": [{"value": each.value, "count": each.count} for each in found]}


async def batch_update(store: Store, name: str, request: Request) -> Any:
    """Only what ServerStore.complete sends: payload for one point, where it has no value of a field."""
    for operation in (await _body(request, bodies.Operations)).operations:
        one, lacking = operation.set_payload.filter["must"]
        field = bodies.plain(lacking["is_empty"]["key"])
        await store.complete(name, field, dict.fromkeys(one["has_id"], operation.set_payload.payload))
    return [_acknowledged(request)]


async def query_batch(store: Store, name: str, request: Request) -> Any:
    searches = (await _body(request, bodies.QueryBatch)).searches
    return [{"points": await _query(store, name, search)} for search in searches]


async def _query(store: Store, name: str, wanted: bodies.Query) -> list[dict[str, Any]]:
    """Hits with the score of the collection's metric, in its order, as Qdrant has them."""
    if "nearest" not in wanted.query:
        if os.environ.get(VERSION, "1.20") < "1.20":
            raise RefusedError(
                400, "Format error in JSON body: data did not match any variant of QueryInterface"
            )
        ranking, where = _ranking(wanted), bodies.filter_of((wanted.prefetch or [wanted])[0].filter)
        ranked = await store.rank(name, ranking, limit=wanted.limit, where=where)
        return [{"id": hit.id, "version": 0, "score": hit.score} for hit in ranked]
    nearest = wanted.query["nearest"]
    distance = (await store.shape(name)).distance
    try:
        [found] = await store.search(
            name,
            [nearest],
            limit=wanted.limit,
            offset=wanted.offset,
            where=bodies.filter_of(wanted.filter),
            payload=bodies.fields_of(wanted.with_payload),
        )
    except SluiceError as error:
        if error.code is not Code.VECTOR_SIZE_MISMATCH:
            raise
        raise await _wrong_size(store, name, [nearest]) from error
    vectors = {
        each.id: each.vector or []
        for each in await store.retrieve(name, [hit.id for hit in found], payload="none", vectors=True)
    }
    hits = [
        {
            "id": hit.id,
            "version": 0,
            "score": hit.score if distance == "Cosine" else _score(distance, nearest, vectors[hit.id]),
            "payload": hit.payload,
            "vector": vectors[hit.id] if wanted.with_vector else None,
        }
        for hit in found
    ]
    return sorted(hits, key=lambda hit: cast("float", hit["score"]), reverse=distance in ("Cosine", "Dot"))


def _ranking(wanted: bodies.Query) -> Ranking:
    if wanted.prefetch is None:
        return WordRanking(bodies.plain(wanted.using or ""), wanted.query["text"])
    near, words = wanted.prefetch
    by_words = WordRanking(bodies.plain(words.using or ""), words.query["text"])
    return FusedRanking(near.query["nearest"], by_words, near.limit)


async def count(store: Store, name: str, request: Request) -> Any:
    wanted = await _body(request, bodies.Count)
    return {"count": await store.count(name, bodies.filter_of(wanted.filter))}


async def delete_points(store: Store, name: str, request: Request) -> Any:
    await store.delete_points(name, (await _body(request, bodies.DeletePoints)).points)
    return _acknowledged(request)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/collections", list_collections),
    ("GET", "/collections/{name}", get_collection),
    ("PUT", "/collections/{name}", create_collection),
    ("DELETE", "/collections/{name}", delete_collection),
    ("PUT", "/collections/{name}/index", create_index),
    ("PUT", "/collections/{name}/points", upsert),
    ("POST", "/collections/{name}/points", retrieve),
    ("POST", "/collections/{name}/points/scroll", scroll),
    ("POST", "/collections/{name}/points/query/batch", query_batch),
    ("POST", "/collections/{name}/points/count", count),
    ("POST", "/collections/{name}/points/delete", delete_points),
    ("POST", "/collections/{name}/points/batch", batch_update),
    ("POST", "/collections/{name}/facet", facet),
)


def application(store: Store) -> Faults:
    """The server as an ASGI application; it closes the store when it ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await store.collections()
        yield
        await store.close()

    routes = [
        Route(path, partial(_enveloped, store, handler), methods=[method]) for method, path, handler in ROUTES
    ]
    return Faults(Starlette(routes=[Route("/", _about), *routes], lifespan=lifespan))


async def _about(_: Request) -> Response:
    """The release, which stands in no envelope."""
    body = {"title": "qdrant - vector search engine", "version": os.environ.get(VERSION, "1.20.0")}
    return Response(msgspec.json.encode(body), media_type="application/json")


async def _enveloped(store: Store, handler: Handler, request: Request) -> Response:
    started = time.perf_counter()
    name = request.path_params.get("name", "")
    status, body = 200, {"status": "ok"}
    try:
        body["result"] = await handler(store, name, request)
    except (SluiceError, RefusedError) as error:
        status, text = _refusal(error, name)
        body = {"status": {"error": text}}  # type: ignore[dict-item]
    body["time"] = time.perf_counter() - started  # type: ignore[assignment]
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _refusal(error: SluiceError | RefusedError, name: str) -> tuple[int, str]:
    if isinstance(error, RefusedError):
        return error.status, str(error)
    match error.code:
        case Code.COLLECTION_NOT_FOUND:
            return 404, f"Not found: Collection `{name}` doesn't exist!"
        case Code.COLLECTION_EXISTS:
            return 409, f"Wrong input: Collection `{name}` already exists!"
        case Code.STORE_UNAVAILABLE:
            return 500, f"Service internal error: {error.detail}"
        case _:
            return 400, f"Wrong input: {error.detail}"


async def _wrong_size(store: Store, name: str, vectors: Sequence[Sequence[float]]) -> RefusedError:
    expected = (await store.info(name)).vector_size
    found = next(len(vector) for vector in vectors if len(vector) != expected)
    return RefusedError(400, f"Wrong input: Vector dimension error: expected dim: {expected}, got {found}")


def _acknowledged(request: Request) -> dict[str, Any]:
    waited = request.query_params.get("wait") == "true"
    return {"operation_id": 0, "status": "completed" if waited else "acknowledged"}


def _record(found: Record) -> dict[str, Any]:
    return {"id": found.id, "payload": found.payload, "vector": found.vector}


def _score(distance: str, query: Sequence[float], vector: Sequence[float]) -> float:
    one, other = np.asarray(query, np.float64), np.asarray(vector, np.float64)
    match distance:
        case "Dot":
            return float(one @ other)
        case "Euclid":
            return float(np.linalg.norm(one - other))
        case _:
            return float(np.abs(one - other).sum())


def _id_before(point: str) -> str | None:
    number = UUID(point).int
    return None if number == 0 else str(UUID(int=number - 1))


async def until_orphaned(server: uvicorn.Server) -> None:
    """Have the server end when the process that started this one is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)
    server.should_exit = True


class Announced(uvicorn.Server):
    """Prints its port once connections are accepted."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


async def serve(host: str, port: int, data: Path, indexes: dict[str, Index]) -> None:
    """Serve until a signal, or until the process that started this one is gone."""
    bound = listening(host, port)
    app = application(EdgeStore(data, indexes=indexes))
    server = Announced(
        uvicorn.Config(cast("Any", app), http=Connection, log_level="warning", timeout_graceful_shutdown=5)
    )
    app.server = server
    watching = asyncio.create_task(until_orphaned(server))
    await server.serve(sockets=[bound])
    watching.cancel()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--indexes", nargs="*", default=list(INDEXES), help="what the engine has")
    wanted = parser.parse_args()
    indexes = {field: INDEXES[field] for field in wanted.indexes}
    asyncio.run(serve(wanted.host, wanted.port, wanted.data, indexes))


if __name__ == "__main__":
    main()
