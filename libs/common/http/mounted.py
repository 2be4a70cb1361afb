"""Other apps of this process below one app: pages that share its address, without knowing each other."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Mounted:
    """ASGI app: what is below a prefix goes to the app of that prefix, path and all; the rest goes to `app`.

    A browser that opens `/` is led to `home`, if one is given; programs get what `app` answers.
    """

    def __init__(self, app: ASGIApp, below: Mapping[str, ASGIApp], home: str | None = None) -> None:
        self._app = app
        self._below = below
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        path = scope.get("path", "")
        if path == "/" and self._home is not None and _is_browser(scope):
            await RedirectResponse(self._home)(scope, receive, send)
            return
        await self._app_of(path)(scope, receive, send)

    def _app_of(self, path: str) -> ASGIApp:
        for prefix, app in self._below.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return app
        return self._app


def _is_browser(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope.get("headers", ()))
