"""ASGI middleware that asks each request for its key, checks what that allows, and keeps the audit log."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem
from libs.common.http.request_ids import request_id
from services.gateway.api import keys, scopes
from services.gateway.api.audit import AuditLog, Entry, now
from services.gateway.api.caller import called_with
from services.gateway.api.keys import ANYONE, Key, Keyring

log = logging.getLogger(__name__)

_REFUSED = (401, 403)
METRICS_PATH = "/metrics"
UNKNOWN = "unknown"
"""Who calls with a key that is none, in the audit log."""


class Access:
    """Lets a request through whose key allows what it asks for; `is_open` are the paths that need none.

    Written to the audit log are refusals, and calls that need the scopes `move` and `admin` and do not only
    read.
    """

    def __init__(
        self, app: ASGIApp, keyring: Keyring, audit: AuditLog, is_open: Callable[[str], bool]
    ) -> None:
        self._app = app
        self._keyring = keyring
        self._audit = audit
        self._is_open = is_open
        self._tries = FailedTries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401 or 403."""
        method, path = scope["method"], scope["path"]
        needed = scopes.scope_of(method, path)
        key = self._key(scope, path)
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer(key, needed, scope, receive, noted)
        finally:
            if status in _REFUSED or needed in ("move", "admin"):
                await self._note(scope, key, status)

    async def _answer(
        self, key: Key | None, needed: keys.Scope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if key is None:
            await self._tries.slow_down(_client(scope))
            refusal = problem(Code.UNAUTHORIZED, "the x-api-key header is missing or wrong")
            await refusal(scope, receive, send)
        elif not key.allows(needed):
            detail = f"the key {key.name} allows `{key.scope}`: this call needs `{needed}`"
            await problem(Code.FORBIDDEN_BY_KEY, detail)(scope, receive, send)
        else:
            with called_with(key):
                await self._app(scope, receive, send)

    def _key(self, scope: Scope, path: str) -> Key | None:
        if self._keyring.is_open or self._is_open(path):
            return ANYONE
        return self._keyring.find(_given(Headers(scope=scope), path))

    async def _note(self, scope: Scope, key: Key | None, status: int) -> None:
        who = UNKNOWN if key is None else key.name
        await self._audit.write(
            Entry(now(), who, _client(scope), scope["method"], scope["path"], status, request_id())
        )


class FailedTries:
    """Slows down an address that tries keys: the fifth failure in a minute waits 0.1 s, the next 0.2 s."""

    FREE, FIRST_S, LONGEST_S, FORGOTTEN_S, MOST = 4, 0.1, 5.0, 60.0, 10_000

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def slow_down(self, client: str) -> None:
        """Count a failure, and return after the pause that it costs."""
        count = self._count(client)
        if count > self.FREE:
            log.warning("%s has sent a wrong key %d times", client, count)
            await asyncio.sleep(min(self.FIRST_S * 2 ** min(count - self.FREE - 1, 10), self.LONGEST_S))

    def _count(self, client: str) -> int:
        count, last = self._failed.pop(client, (0, 0.0))
        at = time.monotonic()
        count = 1 if at - last > self.FORGOTTEN_S else count + 1
        self._failed[client] = (count, at)
        if len(self._failed) > self.MOST:
            self._failed.popitem(last=False)
        return count


def _given(headers: Headers, path: str) -> bytes:
    """The key's own bytes, which Starlette reads as Latin-1. Prometheus sends it as RFC 6750 has it."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if path == METRICS_PATH and scheme.lower() == "bearer" and "x-api-key" not in headers:
        return token.strip().encode("latin-1")
    return headers.get("x-api-key", "").encode("latin-1")


def _client(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"
