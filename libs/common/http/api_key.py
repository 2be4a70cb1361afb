"""The API key of a service, in the header x-api-key."""

import hmac
from collections.abc import Callable

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem

IsOpen = Callable[[str], bool]
"""Whether a path needs no key."""


class ApiKey:
    """ASGI middleware: where a key is set, refuses requests without it, except to paths that are open."""

    def __init__(self, app: ASGIApp, key: SecretStr | None, is_open: IsOpen) -> None:
        self._app = app
        self._key = key.get_secret_value().encode() if key else None
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if self._admits(scope):
            await self._app(scope, receive, send)
            return
        refusal = problem(Code.UNAUTHORIZED, "the x-api-key header is missing or wrong")
        await refusal(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        if not self._key or self._is_open(scope["path"]):
            return True
        given = Headers(scope=scope).get("x-api-key", "")
        # The header's own bytes, which Starlette reads as Latin-1; in constant time, so that the time of an
        # answer tells nothing about the key.
        return hmac.compare_digest(given.encode("latin-1"), self._key)
