"""Pictures, fetched from the gateway on the browser's behalf: an image tag cannot send a key."""

from typing import Annotated
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, Request, Response

from libs.common.errors import SluiceError
from services.dashboard.access import key_of
from services.dashboard.shell import RETRIES, sentence
from sluice import AsyncClient

router = APIRouter(include_in_schema=False)

CACHE = "private, max-age=86400, immutable"
"""A point's id names one file; a changed file's thumbnail is a day late at most."""


async def _api(request: Request) -> AsyncClient:
    http: httpx.AsyncClient = request.app.state.http
    return AsyncClient(api_key=key_of(request), connections=http, retries=RETRIES)


Visitor = Annotated[AsyncClient, Depends(_api)]


@router.get("/thumbnail/{photo_id}")
async def thumbnail(api: Visitor, photo_id: UUID) -> Response:
    """A JPEG of at most 200 pixels a side."""
    return await _fetched(api, f"/images/{photo_id}/thumbnail", CACHE)


@router.get("/image/{photo_id}")
async def image(api: Visitor, photo_id: UUID, original: bool = False) -> Response:
    """The picture itself, as browsers can show it, or the file as it is."""
    return await _fetched(
        api, f"/images/{photo_id}/image{'?original=1' if original else ''}", "private, max-age=60"
    )


async def _fetched(api: AsyncClient, path: str, cache: str) -> Response:
    try:
        found = await api.http.send("GET", path)
    except SluiceError as error:
        return Response(sentence(error), status_code=404, media_type="text/plain")
    return Response(
        found.content, media_type=found.headers.get("content-type"), headers={"cache-control": cache}
    )
