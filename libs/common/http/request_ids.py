"""The id of each request: in its log lines, its answer's x-request-id, and every problem."""

from asgi_correlation_id import CorrelationIdMiddleware
from asgi_correlation_id.context import correlation_id
from starlette.types import ASGIApp


def request_ids(app: ASGIApp) -> ASGIApp:
    """`app` with an id for each request: the caller's x-request-id if that is a UUID, else a new one."""
    return CorrelationIdMiddleware(app)


def request_id() -> str:
    """The id of the request under way; "" outside of one."""
    return correlation_id.get() or ""
