"""Style sheets, scripts and fonts: below addresses that change with them, so browsers keep them for good."""

from functools import cache
from hashlib import sha256
from pathlib import Path

import nicegui
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
LASTING = "public, max-age=31536000, immutable"
_DIGITS = 12
_LEVEL = 5
_LEAST_BYTES = 1024


@cache
def folder() -> str:
    """The path of this dashboard's own files, which names their content."""
    digest = sha256()
    for file in sorted(each for each in STATIC.rglob("*") if each.is_file()):
        digest.update(str(file.relative_to(STATIC)).encode() + b"\0" + file.read_bytes())
    return f"/static/{digest.hexdigest()[:_DIGITS]}"


def compressed(app: ASGIApp) -> GZipMiddleware:
    """Pages and assets as gzip; faster than the smallest, which takes three times as long."""
    return GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)


class Lasting:
    """ASGI middleware: files whose address names their version are never asked for again."""

    def __init__(self, app: ASGIApp, mount: str) -> None:
        self._app = app
        library = f"{mount}/_nicegui/{nicegui.__version__}"
        self._changing = f"{library}/dynamic_resources/"
        self._prefixes = (f"{library}/", f"{mount}{folder()}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on; a file that is there gets the header."""
        path = scope.get("path", "")
        if not path.startswith(self._prefixes) or path.startswith(self._changing):
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["cache-control"] = LASTING
            await send(message)

        await self._app(scope, receive, sent)
