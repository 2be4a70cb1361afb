"""What the pages' own scripts fetch: calls of the gateway, passed on with the visitor's key."""

from typing import Any, Literal

import httpx
from fastapi import APIRouter, Request, Response

from libs.common.errors import Code, SluiceError
from services.dashboard.media import Visitor
from services.dashboard.shell import sentence
from sluice import wire

router = APIRouter(prefix="/data", include_in_schema=False)

UNCOMPRESSED = {"accept-encoding": "identity"}
"""The gateway is near: to compress thumbnails for it takes longer than to send them."""

AS_IT_IS = {"cache-control": "no-store", "content-encoding": "identity"}
"""JPEGs get no smaller: a list with its thumbnails passes the compression by."""

CLUSTERS = {"algorithm": "hdbscan"}
"""Clusters of any shape and number, and photos that are in none."""


@router.get("/collections/{name}/{what}")
async def listed(api: Visitor, request: Request, name: str, what: Literal["images", "facets"]) -> Response:
    """A page of a collection's photos, or counts of them."""
    try:
        path = f"/collections/{wire.segment(name)}/{what}"
        found = await api.http.send("GET", path, params=request.query_params, headers=UNCOMPRESSED)
    except SluiceError as error:
        return problem(error)
    return Response(found.content, media_type="application/json", headers=AS_IT_IS)


@router.post("/map")
async def clustered_map(api: Visitor, sample_size: int = 500) -> Response:
    """The map of the active collection with its clusters; 503 while it is computed."""
    try:
        found = await api.http.send(
            "POST",
            "/umap/projection_with_clustering",
            prefix="",
            params={"sample_size": sample_size},
            json=CLUSTERS,
            headers=UNCOMPRESSED,
        )
    except SluiceError as error:
        return problem(error)
    return Response(found.content, media_type="application/json", headers={"cache-control": "no-store"})


@router.post("/upload")
async def upload(api: Visitor, request: Request) -> Response:
    """A job over the files of the request, passed on as they come."""
    try:
        taken = await api.http.send("POST", "/ingest/upload", **as_it_comes(request))
    except SluiceError as error:
        return problem(error)
    return Response(taken.content, status_code=taken.status_code, media_type="application/json")


def as_it_comes(request: Request) -> dict[str, Any]:
    """The body of a request as that of a call of the gateway, which says how large it may be."""
    return {
        "content": request.stream(),
        "headers": {"content-type": request.headers.get("content-type", "")},
        "timeout": httpx.Timeout(wire.SECONDS, read=wire.UPLOAD_SECONDS, write=wire.UPLOAD_SECONDS),
    }


def problem(error: SluiceError) -> Response:
    """The gateway's sentence, which the script shows; 503 where the script may ask again."""
    status = 503 if error.retryable or error.code == Code.GATEWAY_UNAVAILABLE else 502
    return Response(sentence(error), status_code=status, media_type="text/plain")
