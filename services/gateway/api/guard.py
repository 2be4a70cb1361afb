"""Who may talk to the gateway: ASGI middleware that looks at headers only.

Browsers send multipart forms and bodyless POSTs to any site without asking first, so a foreign Origin is
refused here and not left to CORS; a foreign Host is a page that had its name resolve to this machine.
"""

import hmac
from collections.abc import Iterable
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code
from services.gateway.api.errors import problem

OPEN_PATHS = frozenset(("/health", "/livez", "/readyz", "/", "/docs", "/openapi.json"))
"""What needs no API key: probes, and the page on which a key can be entered."""
OPEN_PREFIX = "/docs/"


class RequestIds:
    """Gives each request an id, in `request.state.request_id` and the response's x-request-id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        await self._app(scope, receive, marked)


class SameSite:
    """Refuses foreign hosts, where `hosts` are given, and foreign origins."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            code, detail = refusal
            await problem(code, detail, scope["state"]["request_id"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[Code, str] | None:
        host = headers.get("host", "")
        if self._hosts is not None and host_name(host) not in self._hosts:
            return Code.FORBIDDEN_HOST, f"this service is not called {host!r}: ALLOWED_HOSTS names its names"
        origin = headers.get("origin")
        if origin is None or origin in self._origins or origin.partition("://")[2] == host:
            return None
        return Code.FORBIDDEN_ORIGIN, f"pages of {origin} may not call this service: see CORS_ORIGINS"


class ApiKey:
    """Refuses requests without the key in x-api-key, where a key is set."""

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._key = key.encode() if key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] == "http" and not self._admits(scope):
            detail = "the x-api-key header is missing or wrong"
            await problem(Code.UNAUTHORIZED, detail, scope["state"]["request_id"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if self._key is None or path in OPEN_PATHS or path.startswith(OPEN_PREFIX):
            return True
        given = Headers(scope=scope).get("x-api-key", "")
        # The header's own bytes, which Starlette reads as Latin-1; in constant time, so that the time of an
        # answer tells nothing about the key.
        return hmac.compare_digest(given.encode("latin-1"), self._key)


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
