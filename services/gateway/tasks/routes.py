"""Tasks: how they stand, and stopping them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from libs.common.events import TaskKind
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.tasks import models as body
from services.gateway.tasks.models import TaskId
from services.gateway.tasks.presentation import task_out
from services.gateway.tasks.tasks import Tasks

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=ReadFields)

All = Annotated[Tasks, Depends(capability(Tasks))]


@router.get("", summary="Tasks, the newest first", responses=problems())
async def newest(
    tasks: All, kind: TaskKind | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[body.TaskOut]:
    """Of any kind, from any replica: so the last one is found by those who do not know its id."""
    return [task_out(each, await tasks.state(each)) for each in await tasks.newest(kind, limit)]


@router.get("/{task_id}", summary="How a task stands", responses=problems(404))
async def task(tasks: All, task_id: TaskId) -> body.TaskOut:
    """Of any kind, from any replica. Its progress never goes back, also not after a crash."""
    found = await tasks.get(task_id)
    return task_out(found, await tasks.state(found))


@router.post("/{task_id}/cancel", summary="Stop a task", responses=problems(404))
async def cancel(tasks: All, task_id: TaskId) -> body.TaskOut:
    """It stops soon after; what a merge has copied by then stays. A task that is over stays as it is."""
    found = await tasks.cancel(task_id)
    return task_out(found, await tasks.state(found))
