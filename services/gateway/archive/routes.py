"""Moving files out of the way, and back."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from libs.common.duplicates.protected import Protected
from libs.common.errors import Code, SluiceError
from libs.common.http.problems.problem import BadRequestError
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.archive import bulk, presentation
from services.gateway.archive import models as body
from services.gateway.archive.archives import Archives, Done
from services.gateway.archive.moves.executor import Result
from services.gateway.archive.planning import Skipped
from services.gateway.duplicates.duplicates import Duplicates, Requested
from services.gateway.duplicates.job_copies import JobCopies
from services.gateway.jobs.models import JOB
from services.gateway.tasks.models import TaskId

router = APIRouter(tags=["archives"], route_class=ReadFields)

All = Annotated[Archives, Depends(capability(Archives))]
Duplicated = Annotated[Duplicates, Depends(capability(Duplicates))]
Copies = Annotated[JobCopies, Depends(capability(JobCopies))]
Dry = Annotated[bool, Query(description="Only say what would happen")]
ArchiveId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", examples=[body.ARCHIVE])]


@router.post(
    "/ingest/archive_duplicates/{job_id}",
    status_code=202,
    summary="Move the copies that a job found out of the way",
    responses=problems(400, 404, 410, 507),
)
async def archive_duplicates(
    archives: All,
    copies: Copies,
    job_id: Annotated[UUID, Path(examples=[JOB])],
    request: body.JobRequest | None = None,
    dry_run: Dry = False,
) -> body.PlanOut:
    """Into `_VibeDuplicates` next to them, in the background: /archives tells how far that is. One copy of
    each content always stays.
    """
    protect = request.protect if request is not None else []
    collection, ids = await copies.of(job_id)
    plan = await archives.plans.copies(collection, ids, protect)
    if dry_run or (request is not None and request.dry_run):
        return presentation.rehearsal_out(await archives.rehearse(plan))
    archive_id = await archives.start(plan) if plan.targets else None
    return presentation.plan_out(archive_id, plan, dry_run=False)


@router.post(
    "/duplicates/archive-exact", summary="Move exact copies out of the way", responses=problems(400, 507)
)
async def archive_exact(archives: All, request: body.ExactRequest, dry_run: Dry = False) -> body.ArchiveOut:
    """Into `_VibeDuplicates` next to them, each after a last look at it and at the copy that stays.

    The last copy of a content never moves, even if all were asked for. Refused as a whole (400) if not
    one file can move.
    """
    dry = dry_run or request.dry_run
    plan = await archives.plans.exact(request.file_paths, request.protect)
    done = Done(None, await archives.rehearse(plan)) if dry else await archives.carry_out(plan)
    _check_disk(done.result)
    if not done.result.archived:
        raise _all_refused(done.result.skipped)
    return presentation.archive_out(done, dry_run=dry)


@router.post(
    "/curation/archive-selection",
    summary="Move the files of chosen points out of the way",
    responses=problems(400, 507),
)
async def archive_selection(
    archives: All, request: body.SelectionRequest, dry_run: Dry = False
) -> body.SelectionOut:
    """Into `_VibeArchive` next to them, after a snapshot of the points; the points of what moved are then
    taken out of the collection.
    """
    dry = dry_run or request.dry_run
    plan, unknown = await archives.plans.selection([str(each) for each in request.point_ids], request.protect)
    done = Done(None, await archives.rehearse(plan)) if dry else await archives.carry_out(plan)
    _check_disk(done.result)
    return presentation.selection_out(done, unknown, dry_run=dry)


@router.post(
    "/duplicates/report/{task_id}/archive",
    status_code=202,
    summary="In each group keep what lies below a folder, and move the rest out of the way",
    responses=problems(400, 404, 507),
)
async def archive_by_rule(
    archives: All, duplicates: Duplicated, task_id: TaskId, request: body.KeepBelow, dry_run: Dry = False
) -> body.PlanOut:
    """Into `_VibeDuplicates` next to them, in the background: /archives tells how far that is.

    A dry run lists every move. Protected files and other names of a kept file stay in any case; what the
    report advises a look at moves with `alike` alone. Ten thousand pictures may take a minute.
    """
    folder = archives.plans.ours(request.keep_below)
    protect = [*request.protect, folder]
    requested = Requested(below=request.below and archives.plans.ours(request.below), protect=protect)
    groups = [group async for group in bulk.groups_of(duplicates, task_id, requested)]
    moving = bulk.moves(groups, Protected.of([folder]), alike=request.alike)
    collection = await duplicates.collection_of(task_id)
    plan = await archives.plans.similar(collection, moving, protect)
    if dry_run or request.dry_run:
        return presentation.rehearsal_out(await archives.rehearse(plan))
    archive_id = await archives.start(plan) if plan.targets else None
    return presentation.plan_out(archive_id, plan, dry_run=False)


@router.get("/archives", summary="What was moved, the newest first", responses=problems())
async def archives(
    archives: All,
    cursor: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> body.ArchivePage:
    """As the journals tell it, which are kept indefinitely."""
    stories, following = await archives.page(cursor, limit)
    return body.ArchivePage(items=[presentation.item_out(history) for history in stories], next=following)


@router.post(
    "/archives/{archive_id}/restore",
    summary="Move an archive's files back",
    responses=problems(400, 404, 409),
)
async def restore(
    archives: All, archive_id: ArchiveId, request: body.DryRun | None = None, dry_run: Dry = False
) -> body.RestoreOut:
    """Nothing is ever overwritten: what cannot go back says why. The points come back too."""
    dry = dry_run or (request is not None and request.dry_run)
    returns = await archives.restore(archive_id, dry_run=dry)
    return presentation.restore_out(archive_id, returns, dry_run=dry)


def _check_disk(result: Result) -> None:
    """SluiceError disk_full where nothing moved because of that."""
    full = next((each.error for each in result.skipped if each.error.code is Code.DISK_FULL), None)
    if full is not None and not result.archived:
        raise SluiceError(Code.DISK_FULL, f"nothing was archived: {full.detail}")


def _all_refused(skipped: Sequence[Skipped]) -> BadRequestError:
    first = skipped[0]
    more = f"; {len(skipped) - 1} more were refused" if len(skipped) > 1 else ""
    return BadRequestError(
        first.error.code, f"{presentation.shown(first.path)} is not archived: {first.error.detail}{more}"
    )
