"""Compressed answers for clients that take them: JSON and pages, not pictures and not events."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_LEAST_BYTES = 1024
_LEVEL = 5
_PICTURES = ("/image", "/thumbnail")
"""Ends of paths whose answers are compressed already, and come in ranges."""


class Compressed:
    """ASGI middleware: gzip where the client accepts it and it helps."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, compressed or as it is."""
        path = scope.get("path", "")
        plain = scope["type"] != "http" or path.endswith(_PICTURES) or path.endswith("/events")
        await (self._app if plain else self._gzip)(scope, receive, send)
