"""Telling jobs what to do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header

from services.gateway.api.models import problems
from services.gateway.jobs import commands
from services.gateway.jobs import models as body
from services.gateway.jobs.routes import JobId
from services.gateway.lifecycle import Open

router = APIRouter(prefix="/ingest/jobs", tags=["ingestion"])


@router.post("/{job_id}/pause", status_code=202, summary="Hold a job", responses=problems(404, 409, 410))
async def pause(gateway: Open, job_id: JobId) -> body.Commanded:
    """No further file begins; those under way are finished. It stays held over restarts."""
    return await _command(gateway, job_id, "pause")


@router.post(
    "/{job_id}/resume", status_code=202, summary="Let a held job go on", responses=problems(404, 409, 410)
)
async def resume(gateway: Open, job_id: JobId) -> body.Commanded:
    """A job that runs goes on running."""
    return await _command(gateway, job_id, "resume")


@router.post(
    "/{job_id}/cancel", status_code=202, summary="End a job early", responses=problems(404, 409, 410)
)
async def cancel(gateway: Open, job_id: JobId) -> body.Commanded:
    """What is stored stays; files without an outcome are skipped as `cancelled`. 409 once it is over."""
    return await _command(gateway, job_id, "cancel")


@router.post(
    "/{job_id}/retry",
    status_code=202,
    summary="Go through a job's failed files again",
    responses=problems(400, 404, 409, 410),
)
async def retry(
    gateway: Open,
    job_id: JobId,
    request: Annotated[body.RetryRequest | None, Body()] = None,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> body.Retried:
    """As a new job, into the same collection. `codes` takes only files that failed with one of them."""
    codes = request.codes if request else None
    taken = await commands.retry(gateway, job_id, codes, idempotency_key)
    return body.Retried(
        job_id=str(taken.job_id), retry_of=str(job_id), message=f"the failed files of job {job_id} once more"
    )


async def _command(gateway: Open, job_id: UUID, action: commands.Action) -> body.Commanded:
    state = await commands.command(gateway, job_id, action)
    return body.Commanded(job_id=str(job_id), state=state)
