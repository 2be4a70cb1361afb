"""The newest jobs, and all changes of jobs as a stream."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.collections.models import Name
from services.gateway.jobs.following.stream import Wanted, job_events
from services.gateway.jobs.following.watch import JobWatch
from services.gateway.jobs.models import JOB
from services.gateway.jobs.reader import JobReader

router = APIRouter(prefix="/ingest", tags=["ingestion"])

Jobs = Annotated[JobReader, Depends(capability(JobReader))]

Responses = dict[int | str, dict[str, Any]]

_EVENTS: Responses = {
    200: {
        "description": "`event: job` with a job, as in /ingest/jobs, as its data",
        "content": {
            "text/event-stream": {
                "example": 'event: job\nid: 7.0.31.2\ndata: {"job_id": "...", "progress": 12.5}\n\n'
            }
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
    watch: Annotated[JobWatch, Depends(capability(JobWatch))],
    request: Request,
    collection: Annotated[Name | None, Query(description="Only its jobs")] = None,
    job: Annotated[list[UUID] | None, Query(description="Only these jobs")] = None,
    last_event_id: Annotated[str | None, Header(max_length=1000)] = None,
) -> StreamingResponse:
    """Server-sent events: first every job that has not ended and the newest 50, then each that changed.

    Changes come once a second, each with the job as it is then; no ending is left out. With the
    Last-Event-ID of an earlier stream, of any replica, it goes on from there.
    """
    wanted = Wanted(collection, None if job is None else frozenset(map(str, job)))
    stream = job_events(watch, request.app.state.stop, wanted, last_event_id)
    return StreamingResponse(
        stream,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
