"""Bodies about tasks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import Field

from services.gateway.api.models import Body, Id

TASK = "0c6b35b2-5d27-4f35-9a5e-55c3f2c4a8de"
State = Literal["pending", "running", "cancelling", "completed", "failed", "cancelled"]
Status = Literal["running", "completed", "failed"]
TaskId = Annotated[UUID, Path(description="As the submit gave it", examples=[TASK])]


def task_url(task_id: str) -> str:
    """Where a task's status is, on this gateway."""
    return f"/api/v1/tasks/{task_id}"


class TaskOut(Body):
    """How a task stands."""

    task_id: Id = Field(examples=[TASK])
    kind: str = Field(examples=["merge"])
    collection: str
    status: State
    progress: float = Field(ge=0, le=100)
    totals: dict[str, int] = Field(examples=[{"copied": 100, "kept": 2, "rejected": 0}])
    code: str | None
    error: str | None
    created_at: datetime
    updated_at: datetime
