"""The middleware of an app whose settings are read by its lifespan, and not at import."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

Chain = Callable[[ASGIApp, Any], ASGIApp]
"""Puts an app into its middleware, as the settings (`app.state.settings`) say."""


class RequestMiddleware:
    """ASGI middleware made at the first request; only requests pass it."""

    def __init__(self, app: ASGIApp, chain: Chain) -> None:
        self._app = app
        self._make = chain
        self._chain: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request through the chain."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._chain is None:
            app: Starlette = scope["app"]
            self._chain = self._make(self._app, app.state.settings)
        await self._chain(scope, receive, send)
