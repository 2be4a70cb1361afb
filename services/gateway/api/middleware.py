"""What every request passes before it reaches an endpoint, in order."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from libs.common.http.limits.body import OTHER_BYTES, BodyLimit
from libs.common.http.limits.framing import OneLength
from libs.common.http.limits.in_flight import InFlight
from libs.common.http.problems.unexpected import Unexpected
from libs.common.http.request_ids import request_ids
from libs.common.http.security_headers import NOTHING, SecurityHeaders
from services.gateway.api.access import Access
from services.gateway.api.audit import AuditLog
from services.gateway.api.compression import Compressed
from services.gateway.api.guard import SameSite, is_from
from services.gateway.api.keys import Keyring
from services.gateway.settings import GatewaySettings

IMAGE_PATH = "/search/image"
UPLOAD_PATH = "/ingest/upload"
IN_FLIGHT = 200_000_000
"""Bytes of pictures to search by that are taken at once."""
OPEN_PATHS = frozenset(("/health", "/livez", "/readyz", "/", "/docs", "/openapi.json", "/openapi-3.0.json"))
"""What needs no API key: probes, and the page on which a key can be entered."""
OPEN_PREFIX = "/docs/"
PAGES = frozenset(("/docs", "/docs/problems", "/asyncapi"))
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""For the pages of the documentation, whose scripts stand in them."""


def chain(app: ASGIApp, settings: GatewaySettings) -> ASGIApp:
    """From the inside out. CORS stands outside the key, so that a page can read that its key is wrong."""
    limits = {IMAGE_PATH: settings.search_image_mb, UPLOAD_PATH: settings.upload_mb}

    def limit_of(path: str) -> int:
        large = [megabytes for end, megabytes in limits.items() if path.endswith(end)]
        return large[0] * 1_000_000 if large else OTHER_BYTES

    def counted(path: str) -> int | None:
        return limit_of(path) if path.endswith(IMAGE_PATH) else None

    # A body that waits for room is not timed by its limit yet.
    at_once = max(IN_FLIGHT, limit_of(IMAGE_PATH))
    limited = InFlight(BodyLimit(Unexpected(app), limit_of), counted, at_once)
    keyring = Keyring(settings.api_key, settings.api_keys_file)
    audit = AuditLog(settings.data_dir / "audit", settings.audit_days)
    cors = CORSMiddleware(
        Access(Compressed(limited), keyring, audit, is_open),
        allow_origins=settings.cors_origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["x-request-id", "etag", "location", "content-range"],
    )
    guarded = SameSite(OneLength(cors), settings.hosts, settings.cors_origins)
    origins = frozenset(settings.cors_origins)
    return request_ids(SecurityHeaders(guarded, policy_of, lambda headers: is_from(headers, origins)))


def policy_of(path: str) -> str:
    """The Content-Security-Policy of a path."""
    return PAGE_POLICY if path in PAGES else NOTHING


def is_open(path: str) -> bool:
    """Whether the path needs no API key."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)
