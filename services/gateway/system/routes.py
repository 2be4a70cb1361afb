"""What runs, and what the system can do."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from libs.common.http.metrics import MEDIA_TYPE, health_metrics
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.system.models import CapabilitiesOut, DeadLettersOut, InFlightOut, ServiceOut
from services.gateway.system.system import System

router = APIRouter(tags=["system"], responses=problems())
at_root = APIRouter(tags=["health"])

All = Annotated[System, Depends(capability(System))]
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"example": 'sluice_jobs{state="running"} 1.0\n'}}}
}


@router.get("/services", summary="Every running instance, and why it waits if it does")
async def services(system: All) -> list[ServiceOut]:
    """By stage. An instance that went silent is `gone`; after an hour it is left out."""
    return await system.services()


@router.get("/dead-letters", summary="Records that could not be handled")
async def dead_letters(system: All, limit: Annotated[int, Query(ge=0, le=100)] = 20) -> DeadLettersOut:
    """The latest of them, and how many there are; `sluice dlq replay` sends them back."""
    return await system.dead_letters(limit)


@router.get("/capabilities", summary="Batch sizes, model and readiness")
async def capabilities(system: All) -> CapabilitiesOut:
    """`is_ready_for_ingestion`: every stage that a job needs works now, the ML service included."""
    return await system.capabilities()


@router.get(
    "/ingest/jobs/{job_id}/inflight",
    summary="A job's files that are worked on now, the oldest first",
    responses=problems(404, 410),
)
async def files_in_flight(system: All, job_id: UUID) -> list[InFlightOut]:
    """At most 20 of each instance, of those that it has worked on for over 2 seconds; up to 5 s old."""
    return await system.in_flight(job_id)


@at_root.get(
    "/metrics",
    summary="For Prometheus",
    response_class=Response,
    responses={**_METRICS, **problems()},
)
async def scraped(system: All, request: Request) -> Response:
    """Jobs by state, files by outcome, instances by stage and state, each stage's lag, the process's own."""
    own = [metric for health in request.app.state.healths for metric in health_metrics(health)]
    return Response(await system.metrics(own), media_type=MEDIA_TYPE)
