"""Which pages may call the gateway: ASGI middleware that looks at headers only.

Browsers send multipart forms and bodyless POSTs to any site without asking first, so a foreign Origin is
refused here and not left to CORS; a foreign Host is a page that had its name resolve to this machine; and an
image tag of another site sends no Origin at all, but says that it is one in Sec-Fetch-Site.
Starlette's TrustedHostMiddleware answers in plain text, without a code, so it is not used.
"""

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?", re.IGNORECASE)


class SameSite:
    """Refuses what is no host or, where `hosts` are given, another one; foreign origins; foreign sites."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.strip("[]").lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            code, detail = refusal
            await problem(code, detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[Code, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host):
            return Code.FORBIDDEN_HOST, f"this service is not called {host!r}: ALLOWED_HOSTS names its names"
        if origin is not None and origin not in self._origins and origin.partition("://")[2] != host:
            return Code.FORBIDDEN_ORIGIN, f"pages of {origin} may not call this service: see CORS_ORIGINS"
        if is_foreign(headers) and not is_from(headers, self._origins):
            return Code.FORBIDDEN_ORIGIN, "pages of other sites may not show what is here: see CORS_ORIGINS"
        return None

    def _is_ours(self, host: str) -> bool:
        if self._hosts is None:
            return not host or host_name(host) is not None
        return host_name(host) in self._hosts


def host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where the whole is no name or address."""
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    if found["v6"] is None:
        return found["name"].lower()
    try:
        IPv6Address(found["v6"])
    except AddressValueError:
        return None
    return found["v6"].lower()


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that a page of another site asks for this; a link that is followed is not."""
    if headers.get("sec-fetch-site") != "cross-site":
        return False
    follows_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not follows_link


def is_from(headers: Headers, origins: Iterable[str]) -> bool:
    """Whether the request's Origin, or what its Referer tells of one, is among the origins."""
    if origin := headers.get("origin"):
        return origin in origins
    referer = urlsplit(headers.get("referer", ""))
    return f"{referer.scheme}://{referer.netloc}" in origins
