"""Tasks as people are shown them. Pure."""

from services.gateway.api.clock import utc
from services.gateway.tasks import models as body
from services.gateway.view.tasks.fold import Task


def status_of(task: Task) -> body.Status:
    """The state in the words that clients in the field know."""
    if task.state in ("pending", "running"):
        return "running"
    return "completed" if task.state == "completed" else "failed"


def task_out(task: Task, state: body.State) -> body.TaskOut:
    """The task."""
    return body.TaskOut(
        task_id=task.task_id,
        kind=task.kind,
        collection=task.collection,
        status=state,
        progress=task.progress,
        totals=task.totals,
        code=task.code,
        error=task.error,
        created_at=utc(task.created_at),
        updated_at=utc(task.updated_at),
    )
