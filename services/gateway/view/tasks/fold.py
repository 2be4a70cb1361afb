"""Folding a task's events, in the order of their offsets. Pure, like the folding of jobs."""

import msgspec
from msgspec import Struct

from libs.common.errors import Code
from libs.common.events import TERMINAL, TaskEvent, TaskKind, TaskState


class Task(Struct, frozen=True, kw_only=True):
    """A task as of offset `as_of` of its partition. Times are broker times in seconds since the epoch.

    `run` is the attempt that was heard of last; only its groups count. `progress` is in percent.
    """

    task_id: str
    kind: TaskKind
    collection: str
    created_at: float
    updated_at: float
    as_of: int = -1
    state: TaskState = "pending"
    progress: float = 0.0
    run: str = ""
    totals: dict[str, int] = {}
    code: Code | None = None
    error: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the terminal event was seen."""
        return self.state in TERMINAL


def ignores(task: Task | None, offset: int) -> bool:
    """Whether an event at `offset` changes nothing: it was folded before, or the task is over."""
    return task is not None and (task.is_over or offset <= task.as_of)


def fold(task: Task | None, event: TaskEvent, offset: int, at: float) -> Task:
    """The task after `event`, which the broker took at `at`. Its progress never goes back."""
    if task is not None and ignores(task, offset):
        return task
    before = task or Task(
        task_id=event.job_id, kind=event.kind, collection=event.collection, created_at=at, updated_at=at
    )
    return msgspec.structs.replace(
        before,
        as_of=offset,
        updated_at=max(at, before.updated_at),
        # Who submits tells `pending` next to the task itself, so it may be heard of after the first progress.
        state=before.state if event.state == "pending" else event.state,
        progress=max(before.progress, event.progress),
        run=event.run or before.run,
        totals=event.totals or before.totals,
        code=event.code or before.code,
        error=event.error or before.error,
    )
