"""No request fills memory or disk, or holds a connection indefinitely: how large and how slow it may be."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem

OTHER_BYTES = 4 * 1024 * 1024
"""The limit of every body that is not a picture."""
GRACE_SECONDS = 30.0
SLOWEST = 10_000
"""Bytes a second that a body must bring on the whole, once the grace is over."""


class BodyLimit:
    """ASGI middleware; `limit_of` gives a path's limit in bytes.

    A body over it is a 413, before it is read if it can be; one that comes too slowly is a 408.
    """

    def __init__(
        self, app: ASGIApp, limit_of: Callable[[str], int], grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._app = app
        self._limit_of = limit_of
        self._grace_seconds = grace_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting; answer in the app's place if the body is refused."""
        limit = self._limit_of(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        body = _Watched(receive, limit, self._grace_seconds)
        try:
            await self._app(scope, body.receive, body.guarded(send))
        except ClientDisconnect:
            if not body.refused:
                raise
        if body.refused:
            refusal = _too_slow() if body.late else _too_large(limit)
            await refusal(scope, receive, send)


class _Watched:
    """A body being read. One that is too large or too late ends as if the client had left."""

    def __init__(self, receive: Receive, limit: int, grace_seconds: float) -> None:
        self._receive = receive
        self._left = limit
        self._deadline = asyncio.get_running_loop().time() + grace_seconds
        self._whole = False
        self.late = False

    @property
    def refused(self) -> bool:
        return self.late or self._left < 0

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        # After the body there is only the client's leaving to wait for, and that may take its time.
        deadline = None if self._whole else self._deadline
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            self.late = True
            return {"type": "http.disconnect"}
        self._count(message)
        return {"type": "http.disconnect"} if self.refused else message

    def _count(self, message: Message) -> None:
        brought = len(message.get("body", b""))
        self._left -= brought
        self._deadline += brought / SLOWEST
        self._whole = not message.get("more_body", False)

    def guarded(self, send: Send) -> Send:
        async def unless_refused(message: Message) -> None:
            if not self.refused:
                await send(message)

        return unless_refused


def _too_large(limit: int) -> Response:
    return problem(Code.TOO_LARGE, f"the request is larger than {limit:,} bytes")


def _too_slow() -> Response:
    detail = f"the request's body came too slowly: send at least {SLOWEST:,} bytes a second"
    # What is still to come of it would be taken for the next request.
    headers = {"connection": "close"}
    return problem(Code.INVALID_REQUEST, detail, status=408, retryable=True, headers=headers)
