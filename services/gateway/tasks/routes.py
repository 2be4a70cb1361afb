"""Tasks: how they stand, and stopping them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.gateway.api.models import problems
from services.gateway.lifecycle import Open
from services.gateway.tasks import models as body
from services.gateway.tasks.presentation import task_out

router = APIRouter(prefix="/tasks", tags=["tasks"])

TaskId = Annotated[UUID, Path(description="As the submit gave it", examples=[body.TASK])]


@router.get("/{task_id}", summary="How a task stands", responses=problems(404))
async def task(gateway: Open, task_id: TaskId) -> body.TaskOut:
    """Of any kind, from any replica. Its progress never goes back, also not after a crash."""
    found = await gateway.tasks.get(task_id)
    return task_out(found, await gateway.tasks.state(found))


@router.post("/{task_id}/cancel", summary="Stop a task", responses=problems(404))
async def cancel(gateway: Open, task_id: TaskId) -> body.TaskOut:
    """It stops soon after; what a merge has copied by then stays. A task that is over stays as it is."""
    found = await gateway.tasks.cancel(task_id)
    return task_out(found, await gateway.tasks.state(found))
