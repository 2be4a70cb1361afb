"""Starting jobs, and what became of them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query

from libs.common.errors import SluiceError
from libs.common.points.projections import SHOWN
from libs.common.store.protocol import Payload
from services.gateway.api.clock import utc
from services.gateway.api.models import problems
from services.gateway.gateway import Gateway
from services.gateway.jobs import models as body
from services.gateway.jobs.jobs import Report
from services.gateway.jobs.status import file_out, job_out, status_out
from services.gateway.jobs.submit import SubmitOptions, submit
from services.gateway.lifecycle import Open
from services.gateway.system import presence
from services.gateway.view.queries import JobFilter

router = APIRouter(prefix="/ingest", tags=["ingestion"])

JobId = Annotated[UUID, Path(description="As the submit gave it", examples=[body.JOB])]
Cursor = Annotated[str | None, Query(description="`next` of the page before")]


@router.post("/", status_code=202, responses=problems(400, 409), include_in_schema=False)
@router.post("/scan", status_code=202, responses=problems(400, 409), include_in_schema=False)
@router.post("", status_code=202, summary="Ingest a directory, or one file", responses=problems(400, 409))
async def start(
    gateway: Open,
    request: body.IngestRequest,
    caption: Annotated[bool, Query(description="Whether images get a caption")] = True,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> body.Submitted:
    """Answers at once; the job's status can be read right away, from any replica.

    Also at /ingest/ and /ingest/scan. The same Idempotency-Key names the same job again.
    """
    options = SubmitOptions(
        request.directory_path, request.collection, request.force, caption, idempotency_key
    )
    taken = await submit(gateway, options)
    return body.Submitted(
        job_id=str(taken.job_id), message=f"{taken.directory_path} goes into collection {taken.collection}"
    )


@router.get(
    "/status/{job_id}",
    summary="A job's state, and its report once it is over",
    responses=problems(404, 410),
)
async def status(gateway: Open, job_id: JobId) -> body.StatusOut:
    """Up to date with everything that any stage had reported when the call came."""
    report = await gateway.jobs.report(job_id)
    found = presence.instances(gateway.services.rows.values(), utc(gateway.now()))
    existing = await _existing(gateway, report)
    return status_out(report, gateway.now(), presence.waiting_reason(found), existing)


@router.get("/jobs", summary="Jobs, the newest first", responses=problems())
async def jobs(
    gateway: Open,
    collection: str | None = None,
    state: body.State | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> body.JobPage:
    """Of one collection or in one state, if asked for."""
    found, following = await gateway.jobs.page(JobFilter(collection, state), cursor, limit)
    return body.JobPage(items=[job_out(job) for job in found], next=following)


@router.get("/jobs/{job_id}/files", summary="What became of a job's files", responses=problems(404, 410))
async def files(
    gateway: Open,
    job_id: JobId,
    outcome: Literal["stored", "failed", "skipped"] | None = None,
    code: str | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> body.FilePage:
    """Failed ones first, then skipped, then stored; each in the order in which they were done."""
    found, following = await gateway.jobs.files(
        job_id, outcome=outcome, code=code, cursor=cursor, limit=limit
    )
    return body.FilePage(items=[file_out(item) for item in found], next=following)


async def _existing(gateway: Gateway, report: Report) -> dict[str, Payload]:
    """The points that the job's exact duplicates duplicate, by id; empty while the store is away."""
    ids = [copy.existing_id for copy in report.copies if copy.existing_id]
    if not ids or report.job.collection is None:
        return {}
    try:
        records = await gateway.store.retrieve(report.job.collection, ids, payload=SHOWN)
    except SluiceError:
        # A status is read to see how things are: it comes without thumbnails then.
        return {}
    return {record.id: record.payload for record in records}
