"""How long browsers keep what the pages load."""

import httpx
import nicegui
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.dashboard import assets, shell

LIBRARY = f"/ui/_nicegui/{nicegui.__version__}"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    gone = scope["path"].endswith("gone.js")
    await PlainTextResponse("", 404 if gone else 200)(scope, receive, send)


async def _kept(path: str) -> str | None:
    transport = httpx.ASGITransport(app=assets.Lasting(_app, "/ui"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        kept: str | None = (await client.get(path)).headers.get("cache-control")
        return kept


@pytest.mark.parametrize("path", [f"{LIBRARY}/static/nicegui.js", shell.static("shell.css")])
async def test_files_whose_address_names_their_version_are_kept(path: str) -> None:
    assert await _kept(path) == assets.LASTING


@pytest.mark.parametrize(
    "path",
    ["/ui/library", f"{LIBRARY}/dynamic_resources/a.js", "/ui/static/old/a.js", shell.static("gone.js")],
)
async def test_all_else_is_asked_for_again(path: str) -> None:
    assert await _kept(path) is None
