"""Errors that no code expected: logged with the request's id, and answered with it."""

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem
from libs.common.http.request_ids import request_id

log = logging.getLogger(__name__)


class Unexpected:
    """ASGI middleware: answers 500 in the app's place, unless its answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. A client that left is no error, and gets no answer."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            log.debug("the client of request %s left", request_id())
        except Exception:
            if begun:
                raise
            log.exception("request %s failed", request_id())
            detail = f"something went wrong here; the log has it under request {request_id()}"
            await problem(Code.INTERNAL, detail)(scope, receive, send)
