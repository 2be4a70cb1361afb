"""What the pages' own scripts fetch: calls of the gateway, passed on with the visitor's key."""

from typing import Literal
from urllib.parse import quote

import httpx
from fastapi import APIRouter, Request, Response

from libs.common.errors import SluiceError
from services.dashboard.media import Visitor
from services.dashboard.shell import sentence
from sluice import wire

router = APIRouter(prefix="/data", include_in_schema=False)

UNCOMPRESSED = {"accept-encoding": "identity"}
"""The gateway is near: to compress thumbnails for it takes longer than to send them."""


@router.get("/collections/{name}/{what}")
async def listed(api: Visitor, request: Request, name: str, what: Literal["images", "facets"]) -> Response:
    """A page of a collection's photos, or counts of them."""
    try:
        path = f"/collections/{quote(name, safe='')}/{what}"
        found = await api.http.send("GET", path, params=request.query_params, headers=UNCOMPRESSED)
    except SluiceError as error:
        return problem(error)
    return Response(found.content, media_type="application/json", headers={"cache-control": "no-store"})


@router.post("/upload")
async def upload(api: Visitor, request: Request) -> Response:
    """A job over the files of the request, passed on as they come."""
    try:
        taken = await api.http.send(
            "POST",
            "/ingest/upload",
            content=request.stream(),
            headers={"content-type": request.headers.get("content-type", "")},
            timeout=httpx.Timeout(wire.SECONDS, read=wire.UPLOAD_SECONDS, write=wire.UPLOAD_SECONDS),
        )
    except SluiceError as error:
        return problem(error)
    return Response(taken.content, status_code=taken.status_code, media_type="application/json")


def problem(error: SluiceError) -> Response:
    """The gateway's sentence, which the script shows."""
    return Response(sentence(error), status_code=502, media_type="text/plain")
