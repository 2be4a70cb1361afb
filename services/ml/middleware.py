"""What every request passes before it reaches an endpoint, and what an endpoint without memory answers."""

from fastapi import Request, Response
from starlette.types import ASGIApp

from libs.common.errors import Code
from libs.common.http.api_key import ApiKey
from libs.common.http.limits.body import BodyLimit
from libs.common.http.problems.problem import problem
from libs.common.http.problems.unexpected import Unexpected
from libs.common.http.request_ids import request_ids
from services.ml.settings import MLServiceSettings

API = "/api/"


def chain(app: ASGIApp, settings: MLServiceSettings) -> ASGIApp:
    """From the inside out. Probes and metrics need no key: they give no data away."""
    limited = BodyLimit(Unexpected(app), lambda _: settings.ml_max_body_mb * 1_000_000)
    return request_ids(ApiKey(limited, settings.ml_api_key, lambda path: not path.startswith(API)))


async def out_of_memory(_: Request, __: MemoryError) -> Response:
    """Clients send less at once when they read "out of memory"."""
    return problem(Code.ML_UNAVAILABLE, "out of memory: send a smaller batch", status=507, retryable=True)
