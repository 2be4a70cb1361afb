"""How long requests wait for their answer, by method and status."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.metrics.declared import HTTP_SECONDS
from libs.common.metrics.instruments import Instruments

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Timed:
    """ASGI middleware: observes the time to the beginning of each answer; a stream may then last."""

    def __init__(self, app: ASGIApp, instruments: Instruments) -> None:
        self._app = app
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        # A client could make up methods, and each would be another series.
        method = scope["method"] if scope["method"] in _METHODS else "other"

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - begun
                self._instruments.observe(HTTP_SECONDS, seconds, method, str(message["status"]))
            await send(message)

        await self._app(scope, receive, observed)
