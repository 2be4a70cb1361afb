"""Probes, at the root: they answer whatever is away."""

from fastapi import APIRouter, Response

from libs.common.errors import SluiceError
from services.gateway.api.capabilities import AnyCapability, Capabilities
from services.gateway.system import presence
from services.gateway.system.models import HealthOut, State
from services.gateway.system.system import System

router = APIRouter(tags=["health"])


@router.get("/health", summary="Whether the gateway answers, and how each stage is")
async def health(gateway: AnyCapability) -> HealthOut:
    """Always 200 while the process answers; the stages' states are next to it."""
    return HealthOut(status="healthy", reason=gateway.health.reason, services=_stages(gateway))


@router.get("/livez", summary="Whether the process answers")
async def live() -> HealthOut:
    """For a liveness probe."""
    return HealthOut(status="alive")


@router.get("/readyz", summary="Whether requests can be answered", responses={503: {"model": HealthOut}})
async def ready(gateway: AnyCapability, response: Response) -> HealthOut:
    """For a readiness probe: 503 with the reason while Kafka or the store is away."""
    reason = await _obstacle(gateway)
    if reason:
        response.status_code = 503
    return HealthOut(status="waiting" if reason else "ready", reason=reason, services=_stages(gateway))


async def _obstacle(gateway: Capabilities) -> str | None:
    try:
        await gateway.get(System).check()
    except SluiceError as error:
        return error.detail
    return None


def _stages(gateway: Capabilities) -> dict[str, State]:
    try:
        return presence.by_stage(gateway.get(System).presence.known())
    except SluiceError:
        return {}
