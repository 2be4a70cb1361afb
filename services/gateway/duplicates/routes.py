"""Finding what is stored twice: the same content, or nearly the same picture."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from libs.common.points.fields import Fields
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.duplicates import models as body
from services.gateway.duplicates.duplicates import Duplicates, Requested
from services.gateway.duplicates.exact import ExactGroup
from services.gateway.duplicates.presentation import group_out, report_out
from services.gateway.tasks.models import Status, TaskId, task_url
from services.gateway.tasks.presentation import status_of

router = APIRouter(prefix="/duplicates", tags=["duplicates"], route_class=ReadFields)

All = Annotated[Duplicates, Depends(capability(Duplicates))]
PointCursor = Annotated[UUID | None, Query(description="`next` of the page before")]


@router.post("/find-similar", status_code=202, summary="Look for near-duplicates", responses=problems(400))
async def find_similar(duplicates: All, request: body.SimilarRequest, response: Response) -> body.TaskTaken:
    """Compares all pictures of the active collection, as a task: see /duplicates/report."""
    task = await duplicates.find_similar(request.threshold, request.mode, request.protect)
    response.headers["location"] = task_url(task)
    return body.TaskTaken(task_id=task)


@router.get("/report/{task_id}", summary="What a search for near-duplicates found", responses=problems(404))
async def report(
    duplicates: All, task_id: TaskId, requested: Annotated[body.ReportQuery, Query()]
) -> body.ReportOut:
    """The largest groups first, once the task is completed, as the index has them now: what was deleted,
    archived or decided since is left out, and a page may be empty although there are more.
    """
    found = await duplicates.report(
        task_id,
        Requested(
            cursor=requested.cursor,
            limit=requested.limit,
            sort=requested.sort,
            below=requested.below,
            decided=requested.decided,
            protect=requested.protect,
        ),
    )
    return report_out(found.task, found.state, [group_out(each) for each in found.groups], found.next)


@router.get("/exact", summary="Files of the same content", responses=problems(400))
async def exact(
    duplicates: All,
    cursor: PointCursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    protect: Annotated[list[str] | None, Query(description="Folders whose files are kept")] = None,
    decided: Annotated[bool, Query(description="Show what people decided to keep, too")] = False,
) -> body.ExactPage:
    """Of the active collection, page by page; a page may be empty although there are more."""
    groups, following = await duplicates.exact(
        None if cursor is None else str(cursor), limit, protect or (), shows_decided=decided
    )
    return body.ExactPage(groups=[_exact(group) for group in groups], next=following)


@router.get("/curation-status", summary="How each collection's last search stands", responses=problems())
async def curation_status(duplicates: All) -> dict[str, Status]:
    """For each collection that was ever searched for near-duplicates."""
    return {task.collection: status_of(task) for task in await duplicates.latest()}


def _exact(group: ExactGroup) -> body.ExactGroupOut:
    files = [
        body.CopyOut(
            id=file.id,
            file_path=Fields(file.payload).full_path or "",
            filename=Fields(file.payload).filename or file.id,
        )
        for file in group.files
    ]
    return body.ExactGroupOut(hash=group.hash, keeper=group.keeper, reason=group.reason, files=files)
