"""Probes, at the root: they answer whatever is away."""

import asyncio

from fastapi import APIRouter, Response

from libs.common.errors import SluiceError
from services.gateway.api.clock import utc
from services.gateway.lifecycle import AnyLifecycle, Lifecycle
from services.gateway.system import presence
from services.gateway.system.models import HealthOut, State

router = APIRouter(tags=["health"])

STORE_SECONDS = 2.0


@router.get("/health", summary="Whether the gateway answers, and how each stage is")
async def health(lifecycle: AnyLifecycle) -> HealthOut:
    """Always 200 while the process answers; the stages' states are next to it."""
    return HealthOut(status="healthy", reason=lifecycle.health.reason, services=_stages(lifecycle))


@router.get("/livez", summary="Whether the process answers")
async def live() -> HealthOut:
    """For a liveness probe."""
    return HealthOut(status="alive")


@router.get("/readyz", summary="Whether requests can be answered", responses={503: {"model": HealthOut}})
async def ready(lifecycle: AnyLifecycle, response: Response) -> HealthOut:
    """For a readiness probe: 503 with the reason while Kafka or the store is away."""
    reason = await _obstacle(lifecycle)
    if reason:
        response.status_code = 503
    return HealthOut(status="waiting" if reason else "ready", reason=reason, services=_stages(lifecycle))


async def _obstacle(lifecycle: Lifecycle) -> str | None:
    try:
        gateway = lifecycle.gateway()
        async with asyncio.timeout(STORE_SECONDS):
            await gateway.store.collections()
        await gateway.jobs.status.catch_up()
    except SluiceError as error:
        return error.detail
    except TimeoutError:
        return f"the store does not answer in {STORE_SECONDS:.0f} s"
    return None


def _stages(lifecycle: Lifecycle) -> dict[str, State]:
    try:
        gateway = lifecycle.gateway()
        rows = gateway.services.rows.values()
    except SluiceError:
        return {}
    return presence.by_stage(presence.instances(rows, utc(gateway.now())))
