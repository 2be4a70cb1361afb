"""Polling: a status is written once for all who ask for it, and waited for until it differs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from libs.common.events import TERMINAL
from services.gateway.jobs.models import StatusOut

MOST_WAIT_S = 30.0
WAIT = (
    "Seconds to wait for a change: since the answer whose ETag is in If-None-Match, else since the call. "
    "A job that is over is answered at once"
)
_MOVING = frozenset(("rate", "eta_seconds", "bottleneck"))
"""Changes with the clock alone, which no client waits for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status as clients get it: JSON, and its ETag."""

    body: bytes
    etag: str
    over: bool

    @classmethod
    def of(cls, status: StatusOut) -> "Answer":
        """The status, written."""
        body = status.model_dump_json(by_alias=True).encode()
        return cls(body, etag_of(status), status.state in TERMINAL)


async def changed(
    read: Callable[[], Awaitable[Answer]],
    known: str | None,
    wait_s: float,
    moved: Callable[[float], Awaitable[None]],
) -> Answer:
    """The status as soon as its ETag is not `known`; after `wait_s` seconds whatever it is.

    `moved` returns when it may have changed since it returned last, within the seconds that it is given.
    """
    until = asyncio.get_running_loop().time() + wait_s
    found = await read()
    since = known if known is not None else found.etag
    while found.etag == since and not found.over:
        left_s = until - asyncio.get_running_loop().time()
        if left_s <= 0:
            break
        await moved(left_s)
        found = await read()
    return found


def etag_of(status: StatusOut) -> str:
    """Changes with everything in the status that is not a matter of time alone."""
    return f'W/"{sha256(status.model_dump_json(exclude=set(_MOVING)).encode()).hexdigest()[:24]}"'


def status_url(job_id: UUID | None) -> str:
    """Where a job's status is, on this gateway."""
    return f"/api/v1/ingest/status/{job_id}"
