"""The newest jobs, and all changes of jobs as a stream."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.jobs.event_stream import job_events
from services.gateway.jobs.models import JOB
from services.gateway.jobs.reader import JobReader

router = APIRouter(prefix="/ingest", tags=["ingestion"])

Jobs = Annotated[JobReader, Depends(capability(JobReader))]

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


@router.get("/recent_jobs", summary="The newest job of each collection", responses={**_RECENT, **problems()})
async def recent(jobs: Jobs) -> dict[str, str]:
    """By collection."""
    return await jobs.recent()


@router.get(
    "/events",
    summary="Jobs as they change",
    response_class=StreamingResponse,
    responses={**_EVENTS, **problems()},
)
async def changes(
    jobs: Jobs,
    request: Request,
    collection: Annotated[str | None, Query(description="Only its jobs")] = None,
) -> StreamingResponse:
    """Server-sent events: first every job that has not ended and the newest 50, then each that changed."""
    stream = job_events(jobs, request.app.state.stop, collection)
    return StreamingResponse(
        stream,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
