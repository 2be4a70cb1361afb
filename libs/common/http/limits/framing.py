"""Requests whose end is told in two ways, which proxies and servers understand differently."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem


class OneLength:
    """ASGI middleware: refuses a request with both Content-Length and Transfer-Encoding, and closes.

    RFC 9112, 6.3: it may be an attempt to smuggle a second request past a proxy.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400."""
        headers = Headers(scope=scope)
        if "content-length" not in headers or "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        detail = "the request has both Content-Length and Transfer-Encoding: send one of them"
        refusal = problem(Code.INVALID_REQUEST, detail, status=400, headers={"connection": "close"})
        await refusal(scope, receive, send)
