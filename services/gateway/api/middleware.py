"""What every request passes before it reaches an endpoint, in order."""

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.api.body_limit import OTHER_BYTES, BodyLimit
from services.gateway.api.errors import Unexpected
from services.gateway.api.guard import ApiKey, RequestIds, SameSite
from services.gateway.settings import GatewaySettings

IMAGE_PATH = "/search/image"
UPLOAD_PATH = "/ingest/upload"


class RequestMiddleware:
    """ASGI middleware made at the first request: the app's lifespan has read the settings by then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._chain: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request through the chain."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._chain is None:
            app: Starlette = scope["app"]
            self._chain = chain(self._app, app.state.settings)
        await self._chain(scope, receive, send)


def chain(app: ASGIApp, settings: GatewaySettings) -> ASGIApp:
    """From the inside out. CORS stands outside the key, so that a page can read that its key is wrong."""
    key = settings.api_key.get_secret_value() if settings.api_key else None
    limits = {IMAGE_PATH: settings.search_image_mb, UPLOAD_PATH: settings.upload_mb}

    def limit_of(path: str) -> int:
        large = [megabytes for end, megabytes in limits.items() if path.endswith(end)]
        return large[0] * 1_000_000 if large else OTHER_BYTES

    guarded = ApiKey(BodyLimit(Unexpected(app), limit_of), key)
    cors = CORSMiddleware(
        guarded,
        allow_origins=settings.cors_origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["x-request-id", "etag", "content-range"],
    )
    return RequestIds(SameSite(cors, settings.hosts, settings.cors_origins))
