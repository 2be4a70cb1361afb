"""Long polling: a status is answered once it differs from what the client has, or its time is up."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from uuid import UUID

from libs.common.events import TERMINAL
from services.gateway.jobs.models import StatusOut

MOST_WAIT_S = 30.0
LOOK_S = 0.25
WAIT = (
    "Seconds to wait for a change: since the answer whose ETag is in If-None-Match, else since the call. "
    "A job that is over is answered at once"
)
_MOVING = frozenset(("rate", "eta_seconds", "bottleneck"))
"""Changes with the clock alone, which no client waits for."""


async def changed(
    read: Callable[[], Awaitable[StatusOut]], known: str | None, wait_s: float
) -> tuple[StatusOut, str]:
    """The status and its ETag, as soon as that is not `known`; after `wait_s` seconds whatever it is."""
    until = asyncio.get_running_loop().time() + wait_s
    found = await read()
    since = known if known is not None else etag_of(found)
    while (etag := etag_of(found)) == since and found.state not in TERMINAL:
        left_s = until - asyncio.get_running_loop().time()
        if left_s <= 0:
            break
        await asyncio.sleep(min(LOOK_S, left_s))
        found = await read()
    return found, etag


def etag_of(status: StatusOut) -> str:
    """Changes with everything in the status that is not a matter of time alone."""
    return f'W/"{sha256(status.model_dump_json(exclude=set(_MOVING)).encode()).hexdigest()[:24]}"'


def status_url(job_id: UUID | None) -> str:
    """Where a job's status is, on this gateway."""
    return f"/api/v1/ingest/status/{job_id}"
