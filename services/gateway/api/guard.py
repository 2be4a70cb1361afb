"""Which pages may call the gateway: ASGI middleware that looks at Host and Origin only.

Browsers send multipart forms and bodyless POSTs to any site without asking first, so a foreign Origin is
refused here and not left to CORS; a foreign Host is a page that had its name resolve to this machine.
Starlette's TrustedHostMiddleware answers in plain text, without a code, so it is not used.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems import problem


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
            await problem(code, detail)(scope, receive, send)
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


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
