"""No request may fill the memory: a body over the limit ends in a 413, before it is read where possible."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import Code, SluiceError


class BodyLimit:
    """ASGI middleware whose `receive` raises SluiceError too_large once a body passes the limit.

    The limit is `ml_max_body_mb` of the app's settings, which its lifespan has read by then. It stands
    inside the layer that turns errors into responses only as far as the endpoint reads the body itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] == "http":
            limit = scope["app"].state.settings.ml_max_body_mb * 1_000_000
            receive = _counted(receive, limit, _declared_length(scope))
        await self._app(scope, receive, send)


def _counted(receive: Receive, limit: int, declared: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        if declared > limit:
            raise _too_large(limit)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return counted


def _declared_length(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(value) if value.isdigit() else 0


def _too_large(limit: int) -> SluiceError:
    return SluiceError(Code.TOO_LARGE, f"the request is larger than {limit:,} bytes: send fewer images")
