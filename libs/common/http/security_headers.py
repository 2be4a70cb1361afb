"""Headers of every answer that tell a browser what may be done with it."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PolicyOf = Callable[[str], str]
"""The Content-Security-Policy of a path."""
IsFriend = Callable[[Headers], bool]
"""Whether the request comes from a page of another site that may show what this service has."""

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The policy of what is no page: data, and pictures."""
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


class SecurityHeaders:
    """ASGI middleware: no sniffing, no framing, no scripts but a page's own, no embedding by other sites.

    A header that the app sets itself stays.
    """

    def __init__(self, app: ASGIApp, policy_of: PolicyOf, is_friend: IsFriend) -> None:
        self._app = app
        self._policy_of = policy_of
        self._is_friend = is_friend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add what its answer does not have."""
        resource = "cross-origin" if self._is_friend(Headers(scope=scope)) else "same-site"
        added = _ALWAYS | {
            "content-security-policy": self._policy_of(scope["path"]),
            "cross-origin-resource-policy": resource,
        }

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)
