"""A span for each request that changes something, which what it publishes has as its parent."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.runtime.service import Health
from libs.common.tracing.spans import HEADER, LONGEST, current

_READS = frozenset(("GET", "HEAD", "OPTIONS"))


class Traced:
    """ASGI middleware; a `traceparent` of the caller is the span's parent."""

    def __init__(self, app: ASGIApp, health: Health) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its context in `current`."""
        tracing = self._health.tracing
        if not tracing.on or scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return
        parent = Headers(scope=scope).get(HEADER, "")[:LONGEST]
        of = {"http.request.method": scope["method"], "url.path": scope["path"]}
        span = tracing.begin(f"{scope['method']} {scope['path']}", parent, of)
        token = current.set(span.context if span else "")
        try:
            await self._app(scope, receive, send)
        finally:
            current.reset(token)
            if span is not None:
                span.end()
