"""Tasks: work on a whole collection that the upserter does; every replica knows how they stand."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from libs.common.control import CollectionState, JobCommand
from libs.common.errors import Code, SluiceError
from libs.common.events import SimilarGroup, TaskKind, TaskState
from libs.common.kafka.outgoing import event, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.messages import TaskRecord
from libs.common.tasks import reported, requested
from libs.common.topics import key_partition
from services.gateway.api.caller import sees
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.view.follower import Follower
from services.gateway.view.tasks import queries
from services.gateway.view.tasks.fold import Task
from services.gateway.view.tasks.queries import Sort
from services.gateway.view.view import View

State = TaskState | Literal["cancelling"]


@dataclass(frozen=True, slots=True)
class Tasks:
    """All tasks, whatever replica took them. Every call may raise broker_unavailable."""

    view: View
    status: Follower
    control: ControlTable
    publisher: Publisher

    async def submit(self, kind: TaskKind, collection: CollectionState, params: Struct) -> str:
        """Have it done; its id, under which any replica knows it when this returns."""
        task = TaskRecord(
            task_id=str(uuid4()),
            kind=kind,
            collection=collection.name,
            generation=collection.generation,
            params=msgspec.to_builtins(params),
        )
        async with deadline("taking the task"):
            await self.publisher.publish([event(reported(task, "pending")), requested(task)])
        return task.task_id

    async def get(self, task_id: UUID) -> Task:
        """The task as of now; SluiceError task_not_found."""
        await self.status.catch_up([key_partition(str(task_id), len(self.status.partitions))])
        found = await self.view.ask(queries.task, str(task_id))
        if found is None or not sees(found.collection):
            raise SluiceError(Code.TASK_NOT_FOUND, f"there is no task {task_id}")
        return found

    async def state(self, task: Task) -> State:
        """The task's state in a word: cancelling from when that was asked for until it has stopped."""
        if task.is_over:
            return task.state
        await refreshed(self.control)
        return "cancelling" if self.control.command(task.task_id) else task.state

    async def cancel(self, task_id: UUID) -> Task:
        """Have it stopped, if it is not over; what it did stays. SluiceError task_not_found."""
        task = await self.get(task_id)
        if not task.is_over:
            async with deadline("writing it down"):
                await self.publisher.publish([fact(JobCommand(job_id=task.task_id, action="cancel"))])
        return task

    async def groups(
        self, task: Task, cursor: str | None, limit: int, sort: Sort | None = None
    ) -> tuple[list[SimilarGroup], str | None]:
        """A page of what it found; nothing before it has completed, since an attempt may be started again."""
        if task.state != "completed":
            return [], None
        if sort is None:
            return await self.view.ask(queries.groups, task.task_id, task.run, cursor, limit)
        return await self.view.ask(queries.sorted_groups, task.task_id, task.run, sort, cursor, limit)

    async def latest(self, kind: TaskKind) -> list[Task]:
        """The last task of this kind of each collection that had one."""
        await self.status.catch_up()
        found = await self.view.ask(queries.latest, kind)
        return [task for task in found if sees(task.collection)]

    async def newest(self, kind: TaskKind | None, limit: int) -> list[Task]:
        """The tasks of this kind, or of all, the newest first, of collections that the caller may know of."""
        await self.status.catch_up()
        found = await self.view.ask(queries.newest, kind, limit)
        return [task for task in found if sees(task.collection)]

    async def merging_into(self, collection: str) -> Task | None:
        """A task that still writes into the collection."""
        await self.status.catch_up()
        return await self.view.ask(queries.unfinished, "merge", collection)
