"""Telling jobs what to do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Response

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.jobs import models as body
from services.gateway.jobs.commands import Action, JobCommands
from services.gateway.jobs.gone import GoneFiles
from services.gateway.jobs.polling import status_url
from services.gateway.jobs.removals import Removals
from services.gateway.jobs.request_models import RetryRequest
from services.gateway.jobs.routes import JobId

router = APIRouter(prefix="/ingest/jobs", tags=["ingestion"], route_class=ReadFields)

AllRemovals = Annotated[Removals, Depends(capability(Removals))]
AllGone = Annotated[GoneFiles, Depends(capability(GoneFiles))]
Commands = Annotated[JobCommands, Depends(capability(JobCommands))]


@router.post("/{job_id}/pause", status_code=202, summary="Hold a job", responses=problems(404, 409, 410))
async def pause(commands: Commands, job_id: JobId) -> body.Commanded:
    """No further file begins; those under way are finished. It stays held over restarts."""
    return await _command(commands, job_id, "pause")


@router.post(
    "/{job_id}/resume", status_code=202, summary="Let a held job go on", responses=problems(404, 409, 410)
)
async def resume(commands: Commands, job_id: JobId) -> body.Commanded:
    """A job that runs goes on running."""
    return await _command(commands, job_id, "resume")


@router.post(
    "/{job_id}/cancel", status_code=202, summary="End a job early", responses=problems(404, 409, 410)
)
async def cancel(commands: Commands, job_id: JobId) -> body.Commanded:
    """What is stored stays; files without an outcome are skipped as `cancelled`. 409 once it is over."""
    return await _command(commands, job_id, "cancel")


@router.post(
    "/{job_id}/retry",
    status_code=202,
    summary="Go through a job's failed files again",
    responses=problems(400, 404, 409, 410),
)
async def retry(
    commands: Commands,
    job_id: JobId,
    response: Response,
    request: Annotated[RetryRequest | None, Body()] = None,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> body.Retried:
    """As a new job, into the same collection. `codes` takes only files that failed with one of them."""
    codes = request.codes if request else None
    taken = await commands.retry(job_id, codes, idempotency_key)
    response.headers["location"] = status_url(taken.job_id)
    return body.Retried(
        job_id=str(taken.job_id), retry_of=str(job_id), message=f"the failed files of job {job_id} once more"
    )


@router.get("/{job_id}/prune", summary="What a prune would remove", responses=problems(404, 410))
async def waiting(
    gone: AllGone,
    job_id: JobId,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> body.GonePage:
    """The gone files whose points wait after this job, as both are now. A page may have fewer than asked for,
    or none, and still a `next`."""
    found, following = await gone.page(job_id, str(cursor) if cursor else None, limit)
    return body.GonePage(items=[body.GoneFile(id=each.id, file=each.file) for each in found], next=following)


@router.post(
    "/{job_id}/prune",
    status_code=202,
    summary="Remove the points that a sync left waiting",
    responses=problems(400, 404, 409, 410),
)
async def prune(
    commands: Commands,
    job_id: JobId,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> body.Submitted:
    """As a new job that compares once more, and removes however many are gone; after a look."""
    taken = await commands.prune(job_id, idempotency_key)
    response.headers["location"] = status_url(taken.job_id)
    return body.Submitted(
        job_id=str(taken.job_id), message=f"points of gone files below {taken.directory_path} are removed"
    )


@router.post(
    "/{job_id}/prune/undo",
    summary="Put back the points that a sync removed",
    responses=problems(404, 409, 410),
)
async def put_back(removals: AllRemovals, job_id: JobId) -> body.PutBack:
    """For 30 days, into the collection that they were in; points that are there again stay as they are."""
    return body.PutBack(job_id=str(job_id), points=await removals.put_back(job_id))


async def _command(commands: Commands, job_id: UUID, action: Action) -> body.Commanded:
    state = await commands.send(job_id, action)
    return body.Commanded(job_id=str(job_id), state=state)
