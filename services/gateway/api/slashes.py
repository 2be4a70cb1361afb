"""Answering calls with and without a slash at the end alike."""

from starlette.types import ASGIApp, Receive, Scope, Send


class TrailingSlash:
    """Leaves out the slash that ends the path of a call: a redirect would lose bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.endswith("/"):
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)
