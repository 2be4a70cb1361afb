"""/livez, /readyz and /metrics of the stages that serve nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from libs.common.http.metrics import health_metrics, metrics_route, process_metrics
from libs.common.http.serving import listen, serve
from libs.common.runtime.service import Health

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - who asks comes from outside the container
STUCK_SECONDS = 90.0
"""A stage polls every second, and for a rebalance waits a minute; after this long it never will again."""
UNHEARD_SECONDS = 15.0
"""Heartbeats go out every 5 seconds; three missed ones are no accident."""

Judge = Callable[[], str | None]
"""Why not, as a sentence, or None."""
_Answer = Callable[[Request], Awaitable[JSONResponse]]


@asynccontextmanager
async def probed(port: int | None, health: Health) -> AsyncIterator[None]:
    """Answer probes of `health`, and scrapes, on this port of any address while the block runs; None: do not.

    Raises SluiceError port_busy.
    """
    if port is None:
        yield
        return
    listener = await asyncio.to_thread(listen, ANY_ADDRESS, port, "HEALTH_PORT")
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(Starlette(routes=routes(health)), listener, stop), name="probes")
    try:
        yield
    finally:
        stop.set()
        await serving


def stuck(health: Health, now: float) -> str | None:
    """Why only a restart helps, or None. `now` in monotonic seconds."""
    silent = now - health.alive_at
    if health.state in ("ready", "waiting") and silent > STUCK_SECONDS:
        return f"it has not asked for work for {silent:.0f} s"
    return None


def obstacle(health: Health, now: float) -> str | None:
    """Why no work is done now, or None. `now` in monotonic seconds."""
    if health.state != "ready":
        return health.reason or f"it is {health.state}"
    if health.received_at is not None and now - health.received_at > UNHEARD_SECONDS:
        return f"the brokers have not taken its heartbeat for {now - health.received_at:.0f} s"
    return stuck(health, now)


def probe_routes(alive: Judge, ready: Judge) -> list[BaseRoute]:
    """/livez and /readyz: 200 where the judge finds nothing, else 503 with its reason."""
    return [Route("/livez", _answers(alive, "alive")), Route("/readyz", _answers(ready, "ready"))]


def routes(health: Health) -> list[BaseRoute]:
    """What a stage's health port serves."""

    def now(judge: Callable[[Health, float], str | None]) -> Judge:
        return lambda: judge(health, time.monotonic())

    scraped = metrics_route(lambda: [*health_metrics(health), *process_metrics()])
    return [*probe_routes(now(stuck), now(obstacle)), scraped]


def _answers(judge: Judge, good: str) -> _Answer:
    async def answer(_request: Request) -> JSONResponse:
        reason = judge()
        if reason is None:
            return JSONResponse({"status": good, "reason": None})
        return JSONResponse({"status": f"not {good}", "reason": reason}, 503)

    return answer
