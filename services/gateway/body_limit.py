"""No request fills the memory or the disk: a body over its limit is a 413, before it is read if it can be."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code
from services.gateway.errors import problem

OTHER_BYTES = 4 * 1024 * 1024
"""The limit of every body that is not a picture."""


class BodyLimit:
    """ASGI middleware; `limit_of` gives a path's limit in bytes."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting; answer 413 in the app's place if it is too much."""
        limit = self._limit_of(scope["path"])
        refusal = problem(
            Code.TOO_LARGE, f"the request is larger than {limit:,} bytes", scope["state"]["request_id"]
        )
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await refusal(scope, receive, send)
            return
        body = _Counted(receive, limit)
        try:
            await self._app(scope, body.receive, body.guarded(send))
        except ClientDisconnect:
            if not body.exceeded:
                raise
        if body.exceeded:
            await refusal(scope, receive, send)


class _Counted:
    """A body being read. Over the limit it ends as if the client had left."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    @property
    def exceeded(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.exceeded else message

    def guarded(self, send: Send) -> Send:
        async def unless_exceeded(message: Message) -> None:
            if not self.exceeded:
                await send(message)

        return unless_exceeded
