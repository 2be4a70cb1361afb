"""Who may look: the dashboard's own pages, with the gateway's key, which a visitor gives once."""

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "sluice_key"
COOKIE_SECONDS = 30 * 24 * 3600

router = APIRouter(include_in_schema=False)


class SameOrigin:
    """ASGI middleware: refuses requests and web sockets that pages of other origins open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or answer 403 (which ends a web socket's handshake too)."""
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2] != headers.get("host"):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008})
                    return
                await PlainTextResponse("pages of other origins may not call the dashboard", 403)(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)


@router.post("/key")
async def take_key(request: Request, key: str = Form()) -> Response:
    """Keep the visitor's key in a cookie that no script reads, and go back to the overview."""
    response = RedirectResponse(f"{request.scope.get('root_path', '')}/", status_code=303)
    response.set_cookie(
        COOKIE, key.strip(), max_age=COOKIE_SECONDS, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


def key_of(request: Request | None) -> str | None:
    """The key that the visitor gave, if any."""
    return request.cookies.get(COOKIE) if request is not None else None
