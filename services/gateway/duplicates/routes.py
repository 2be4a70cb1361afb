"""Finding what is stored twice: the same content, or nearly the same picture."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.errors import Code, SluiceError
from libs.common.points.fields import Fields
from libs.common.tasks import FindSimilar
from services.gateway.api.models import problems
from services.gateway.duplicates.exact import ExactGroup, exact_groups
from services.gateway.lifecycle import Open
from services.gateway.tasks import models as body
from services.gateway.tasks.presentation import groups_out, report_out, status_of
from services.gateway.tasks.routes import TaskId

router = APIRouter(prefix="/duplicates", tags=["duplicates"])

Cursor = Annotated[str | None, Query(description="`next` of the page before")]
PointCursor = Annotated[UUID | None, Query(description="`next` of the page before")]


@router.post("/find-similar", status_code=202, summary="Look for near-duplicates", responses=problems(400))
async def find_similar(gateway: Open, request: body.SimilarRequest) -> body.TaskTaken:
    """Compares all pictures of the active collection, as a task: see /duplicates/report."""
    state = await gateway.collections.adopted(await gateway.collections.active())
    params = FindSimilar(threshold=request.threshold, mode=request.mode)
    return body.TaskTaken(task_id=await gateway.tasks.submit("find_similar", state, params))


@router.get("/report/{task_id}", summary="What a search for near-duplicates found", responses=problems(404))
async def report(
    gateway: Open, task_id: TaskId, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> body.ReportOut:
    """The largest groups first, once the task is completed. Points deleted since are left out."""
    task = await gateway.tasks.get(task_id)
    if task.kind != "find_similar":
        raise SluiceError(Code.TASK_NOT_FOUND, f"task {task_id} looks for nothing: it is of kind {task.kind}")
    found, following = await gateway.tasks.groups(task, cursor, limit)
    groups = await groups_out(gateway.store, task.collection, found) if found else []
    return report_out(task, await gateway.tasks.state(task), groups, following)


@router.get("/exact", summary="Files of the same content", responses=problems(400))
async def exact(
    gateway: Open, cursor: PointCursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> body.ExactPage:
    """Of the active collection, page by page; a page may be empty although there are more."""
    name = await gateway.collections.active()
    after = None if cursor is None else str(cursor)
    groups, following = await exact_groups(gateway.store, name, after, limit)
    return body.ExactPage(groups=[_exact(group) for group in groups], next=following)


@router.get("/curation-status", summary="How each collection's last search stands", responses=problems())
async def curation_status(gateway: Open) -> dict[str, body.Status]:
    """For each collection that was ever searched for near-duplicates."""
    return {task.collection: status_of(task) for task in await gateway.tasks.latest("find_similar")}


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
