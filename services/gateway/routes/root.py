"""Probes, at the root: they answer whatever is away."""

import asyncio

from fastapi import APIRouter, Response

from libs.common.errors import SluiceError
from services.gateway import presence
from services.gateway.clock import utc
from services.gateway.door import AnyDoor, Door
from services.gateway.models.services import HealthOut, State

router = APIRouter(tags=["health"])

STORE_SECONDS = 2.0


@router.get("/health", summary="Whether the gateway answers, and how each stage is")
async def health(door: AnyDoor) -> HealthOut:
    """Always 200 while the process answers; the stages' states are beside it."""
    return HealthOut(status="healthy", reason=door.health.reason, services=_stages(door))


@router.get("/livez", summary="Whether the process answers")
async def live() -> HealthOut:
    """For a liveness probe."""
    return HealthOut(status="alive")


@router.get("/readyz", summary="Whether requests can be answered", responses={503: {"model": HealthOut}})
async def ready(door: AnyDoor, response: Response) -> HealthOut:
    """For a readiness probe: 503 with the reason while Kafka or the store is away."""
    reason = await _obstacle(door)
    if reason:
        response.status_code = 503
    return HealthOut(status="waiting" if reason else "ready", reason=reason, services=_stages(door))


async def _obstacle(door: Door) -> str | None:
    try:
        gateway = door.gateway()
        async with asyncio.timeout(STORE_SECONDS):
            await gateway.store.collections()
        await gateway.jobs.status.catch_up()
    except SluiceError as error:
        return error.detail
    except TimeoutError:
        return f"the store does not answer in {STORE_SECONDS:.0f} s"
    return None


def _stages(door: Door) -> dict[str, State]:
    try:
        gateway = door.gateway()
        rows = gateway.services.rows.values()
    except SluiceError:
        return {}
    return presence.by_stage(presence.instances(rows, utc(gateway.now())))
