"""How things go: the newest jobs, their changes as a stream, and what Prometheus reads."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from libs.common.http.metrics import MEDIA_TYPE
from services.gateway.api.clock import utc
from services.gateway.api.deadlines import refreshed
from services.gateway.api.models import problems
from services.gateway.jobs.event_stream import job_events
from services.gateway.jobs.models import JOB
from services.gateway.lifecycle import Open
from services.gateway.system import metrics, presence
from services.gateway.system.lag import lags

router = APIRouter(prefix="/ingest", tags=["ingestion"])
at_root = APIRouter(tags=["health"])

Responses = dict[int | str, dict[str, Any]]

_EVENTS: Responses = {
    200: {
        "description": "`event: job` with a job, as in /ingest/jobs, as its data",
        "content": {
            "text/event-stream": {"example": 'event: job\ndata: {"job_id": "...", "progress": 12.5}\n\n'}
        },
    }
}
_RECENT: Responses = {200: {"content": {"application/json": {"example": {"my_photo_collection": JOB}}}}}
_METRICS: Responses = {200: {"content": {"text/plain": {"example": 'sluice_jobs{state="running"} 1.0\n'}}}}


@router.get("/recent_jobs", summary="The newest job of each collection", responses={**_RECENT, **problems()})
async def recent(gateway: Open) -> dict[str, str]:
    """By collection."""
    return await gateway.jobs.recent()


@router.get(
    "/events",
    summary="Jobs as they change",
    response_class=StreamingResponse,
    responses={**_EVENTS, **problems()},
)
async def changes(
    gateway: Open,
    request: Request,
    collection: Annotated[str | None, Query(description="Only its jobs")] = None,
) -> StreamingResponse:
    """Server-sent events: first every job that has not ended and the newest 50, then each that changed."""
    stream = job_events(gateway.jobs, request.app.state.stop, collection)
    return StreamingResponse(
        stream,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@at_root.get(
    "/metrics",
    summary="For Prometheus",
    response_class=Response,
    responses={**_METRICS, **problems()},
)
async def scraped(gateway: Open) -> Response:
    """Jobs by state, files by outcome, instances by stage and state, and each stage's lag."""
    await refreshed(gateway.services)
    found = presence.instances(gateway.services.rows.values(), utc(gateway.now()))
    told = metrics.text(await gateway.jobs.all(), found, await lags(gateway.connection))
    return Response(told, media_type=MEDIA_TYPE)
