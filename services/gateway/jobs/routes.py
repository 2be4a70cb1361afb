"""Starting jobs, and what became of them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from libs.common.events import FileOutcome, FileRequest, JobState, PointsSource
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.collections.models import Name
from services.gateway.jobs import models as body
from services.gateway.jobs.following.watch import JobWatch
from services.gateway.jobs.polling import MOST_WAIT_S, WAIT, changed, status_url
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.request_models import IngestRequest
from services.gateway.jobs.status import file_out, ignored_out, job_out
from services.gateway.jobs.status_reader import StatusReader
from services.gateway.jobs.submit import JobSubmitter, PointsOptions, SubmitOptions
from services.gateway.view.queries import JobFilter

router = APIRouter(prefix="/ingest", tags=["ingestion"], route_class=ReadFields)

JobId = Annotated[UUID, Path(description="As the submit gave it", examples=[body.JOB])]
Jobs = Annotated[JobReader, Depends(capability(JobReader))]
Statuses = Annotated[StatusReader, Depends(capability(StatusReader))]
Submitter = Annotated[JobSubmitter, Depends(capability(JobSubmitter))]
Cursor = Annotated[str | None, Query(description="`next` of the page before")]


@router.post("/", status_code=202, responses=problems(400, 409), include_in_schema=False)
@router.post("/scan", status_code=202, responses=problems(400, 409), include_in_schema=False)
@router.post(
    "", status_code=202, summary="Ingest a directory, a file, or points again", responses=problems(400, 409)
)
async def start(
    submitter: Submitter,
    request: IngestRequest,
    response: Response,
    caption: Annotated[bool, Query(description="Whether images get a caption")] = True,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> body.Submitted:
    """Answers at once; the job's status can be read right away, from any replica.

    Also at /ingest/ and /ingest/scan. The same Idempotency-Key names the same job again.
    """
    if request.source is not None:
        source = PointsSource(**request.source.model_dump())
        return await _start_points(submitter, source, request, (caption, idempotency_key))
    options = SubmitOptions(
        request.directory_path or "",
        request.collection,
        request.force,
        caption,
        idempotency_key,
        request.labels,
        request.metadata,
        tuple(request.exclude),
        request.sync,
        request.prune,
        tuple(request.paths),
        request.callback_url,
        tuple(FileRequest(path=each.path, metadata=each.metadata) for each in request.files),
    )
    taken = await submitter.submit(options)
    response.headers["location"] = status_url(taken.job_id)
    return body.Submitted(
        job_id=str(taken.job_id), message=f"{taken.directory_path} goes into collection {taken.collection}"
    )


async def _start_points(
    submitter: JobSubmitter,
    source: PointsSource,
    request: IngestRequest,
    reported: tuple[bool, str | None],
) -> body.Submitted:
    taken = await submitter.submit_points(
        PointsOptions(
            source,
            tuple(request.want),
            request.collection,
            request.force,
            *reported,
            request.labels,
            request.metadata,
            request.callback_url,
        )
    )
    wanted = " and ".join(request.want)
    return body.Submitted(
        job_id=str(taken.job_id),
        message=f"{wanted} of the points of {source.collection} for {taken.collection}",
    )


@router.get(
    "/status/{job_id}",
    summary="A job's state, and its report once it is over",
    response_model=body.StatusOut,
    responses=problems(404, 410) | {304: {"description": "As the client has it"}},
)
async def status(
    statuses: Statuses,
    watch: Annotated[JobWatch, Depends(capability(JobWatch))],
    job_id: JobId,
    wait: Annotated[float, Query(ge=0, le=MOST_WAIT_S, description=WAIT)] = 0,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """Up to date with everything that any stage had reported when the call came.

    With the ETag of an earlier answer in If-None-Match it is a 304 while nothing has changed.
    """
    moves = watch.moves(str(job_id))
    found = await changed(lambda: statuses.answer(job_id), if_none_match, wait, moves.next)
    if found.etag == if_none_match:
        return Response(status_code=304, headers={"etag": found.etag})
    return Response(found.body, media_type="application/json", headers={"etag": found.etag})


@router.get("/jobs", summary="Jobs, the newest first", responses=problems())
async def jobs(
    reader: Jobs,
    collection: Name | None = None,
    state: JobState | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> body.JobPage:
    """Of one collection or in one state, if asked for."""
    found, following = await reader.page(JobFilter(collection, state), cursor, limit)
    return body.JobPage(items=[job_out(job) for job in found], next=following)


@router.get("/jobs/{job_id}/files", summary="What became of a job's files", responses=problems(404, 410))
async def files(
    reader: Jobs,
    job_id: JobId,
    outcome: FileOutcome | Literal["ignored"] | None = None,
    code: str | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> body.FilePage:
    """Failed ones first, then skipped, then stored; each in the order in which they were done.

    Of ignored ones, once all is listed: a few names for each rule, and how many it passed over.
    """
    if outcome == "ignored":
        return body.FilePage(items=ignored_out(await reader.ignored(job_id)), next=None)
    found, following = await reader.files(job_id, outcome=outcome, code=code, cursor=cursor, limit=limit)
    return body.FilePage(items=[file_out(item) for item in found], next=following)
