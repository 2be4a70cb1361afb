"""The worker of `tasks`: one task at a time, from its beginning to its terminal event."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from libs.common.errors import Code, SluiceError
from libs.common.events import TaskState
from libs.common.kafka.outgoing import Outgoing, event
from libs.common.messages import TaskRecord
from libs.common.tasks import reported
from libs.common.topics import CONTROL
from services.upserter.tasks.run import Facts, Publish, Run

log = logging.getLogger(__name__)

Kind = Callable[[Run], Awaitable[dict[str, int]]]
"""Does one kind of task and returns its totals. It may be stopped at any await and started again."""


class TaskWorker:
    """A Worker over tasks. What was begun and not committed is started again by the next owner."""

    def __init__(self, kinds: Mapping[str, Kind], publish: Publish, facts: Facts) -> None:
        self._kinds = kinds
        self._publish = publish
        self._facts = facts
        self._run: Run | None = None

    @property
    def waiting(self) -> str | None:
        """Why the task under way waits for the store, if it does."""
        return None if self._run is None else self._run.away

    async def __call__(self, batch: Sequence[TaskRecord]) -> list[Outgoing]:
        """Do the tasks; their terminal events."""
        return [outgoing for task in batch for outgoing in await self._do(task)]

    async def _do(self, task: TaskRecord) -> list[Outgoing]:
        run = self._run = Run(task, self._publish, self._facts)
        try:
            await run.progress(0.0)
            totals = await self._kind(task)(run)
        except SluiceError as error:
            state: TaskState = "cancelled" if error.code is Code.CANCELLED else "failed"
            ending = reported(task, state, run=run.id, code=error.code, error=error.detail)
        except Exception:
            # A fault in one task must not take the stage, and with it every job, down again and again.
            log.exception("task %s failed", task.task_id)
            error_text = "something went wrong in the task; the upserter's log has it under its id"
            ending = reported(task, "failed", run=run.id, code=Code.INTERNAL, error=error_text)
        else:
            ending = reported(task, "completed", run=run.id, progress=100.0, totals=totals)
        # No one asks anything of it any more.
        return [event(ending), Outgoing(CONTROL, f"job:{task.task_id}", None)]

    def _kind(self, task: TaskRecord) -> Kind:
        if task.kind not in self._kinds:
            raise SluiceError(Code.INVALID_REQUEST, f"no one here does tasks of the kind {task.kind}")
        return self._kinds[task.kind]
