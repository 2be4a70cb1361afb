"""The API's documentation: nothing of it comes from another host."""

from html import escape
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from libs.common.kafka.connection import Connection
from services.gateway.api_docs import asyncapi
from services.gateway.settings import STAGE

STATIC = "/docs/static"

router = APIRouter(include_in_schema=False, tags=["docs"])


def static_files() -> StaticFiles:
    """Swagger UI, out of the package that brings it along."""
    return StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")


@router.get("/")
async def root() -> RedirectResponse:
    """To the documentation."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def swagger(request: Request) -> HTMLResponse:
    """The REST API, to read and to try."""
    base = escape(request.scope.get("root_path", ""))
    return get_swagger_ui_html(
        openapi_url=f"{base}{request.app.openapi_url}",
        title=f"{request.app.title}: REST",
        swagger_js_url=f"{base}{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{base}{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{base}{STATIC}/favicon.png",
    )


@router.get("/asyncapi")
async def topics(request: Request) -> HTMLResponse:
    """The public topics, to read."""
    return HTMLResponse(asyncapi.page(asyncapi.document(_connection(request))))


@router.get("/asyncapi.json")
async def topics_document(request: Request) -> JSONResponse:
    """The public topics, for programs."""
    return JSONResponse(asyncapi.document(_connection(request)))


def _connection(request: Request) -> Connection:
    return Connection.of(request.app.state.settings, STAGE)
