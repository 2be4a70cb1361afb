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
from services.gateway.api_docs.openapi_3_0 import as_3_0
from services.gateway.settings import STAGE

STATIC = "/docs/static"
_FOLDED = """<style>
.response[data-code^="4"]:not(.shown) .model-example, .response[data-code^="5"]:not(.shown) .model-example {
  display: none
}
.response-col_status { cursor: pointer }
</style><script>
document.addEventListener("click", event => {
  const status = event.target.closest(".response-col_status")
  if (status) status.closest(".response").classList.toggle("shown")
})
</script>"""
"""Samples of errors are folded until their status is clicked."""

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
    made = get_swagger_ui_html(
        openapi_url=f"{base}{request.app.openapi_url}",
        title=f"{request.app.title}: REST",
        swagger_js_url=f"{base}{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{base}{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{base}{STATIC}/favicon.png",
    )
    return HTMLResponse(bytes(made.body).decode().replace("</head>", f"{_FOLDED}</head>"))


@router.get("/openapi-3.0.json")
async def older_document(request: Request) -> JSONResponse:
    """The REST API for generators that read OpenAPI 3.0 alone; converted once."""
    state = request.app.state
    state.openapi_3_0 = getattr(state, "openapi_3_0", None) or as_3_0(request.app.openapi())
    return JSONResponse(state.openapi_3_0)


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
