"""How long requests wait for their answer: by method and status for Prometheus, one by one for the log."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.metrics.declared import HTTP_SECONDS
from libs.common.metrics.instruments import Instruments

log = logging.getLogger(__name__)

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Timed:
    """ASGI middleware: observes the time to the beginning of each answer; a stream may then last.

    At LOG_LEVEL=DEBUG the log has a line for each, without what the query asks.
    """

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
                log.debug("%s %s %s, %.0f ms", method, scope["path"], message["status"], seconds * 1000)
            await send(message)

        await self._app(scope, receive, observed)
