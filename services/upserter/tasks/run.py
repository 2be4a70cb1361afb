"""One attempt at a task: what it tells on the way, and whether it is still wanted."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from uuid import uuid4

from libs.common.control import CollectionState, JobCommand
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import SimilarGroup
from libs.common.kafka.outgoing import Outgoing, event
from libs.common.messages import TaskRecord
from libs.common.runtime.retry import until_available
from libs.common.tasks import reported
from services.upserter.admission import gone

T = TypeVar("T")
Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]

TELL_SECONDS = 0.5
"""Progress is told at most so often."""
MOST = 99.0
"""Percent; 100 is the terminal event's."""


class Facts(Protocol):
    """What is known of collections and wishes; the control table."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""

    def collection(self, name: str) -> CollectionState | None:
        """The present generation of a collection."""

    def command(self, job_id: str) -> JobCommand | None:
        """What a person last asked of the task."""


class Run:
    """An attempt from the task's beginning; `id` tells it from one that a crash ended."""

    def __init__(self, task: TaskRecord, publish: Publish, facts: Facts) -> None:
        self.task = task
        self.id = str(uuid4())
        self._publish = publish
        self._facts = facts
        self._reported_at = -TELL_SECONDS
        self.away: str | None = None
        """Why it waits for something outside, or None: it works."""

    def look(self) -> None:
        """Raise SluiceError cancelled if no one wants the task any more."""
        command = self._facts.command(self.task.task_id)
        if command is not None and command.action == "cancel":
            raise SluiceError(Code.CANCELLED, "the task was cancelled")

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the store answers, however long it is away; SluiceError cancelled if that was asked for."""

        async def wanted() -> T:
            self.look()
            return await call()

        return await until_available(wanted, self._wait, self._go_on)

    def _wait(self, error: UnavailableError) -> None:
        self.away = error.detail

    def _go_on(self) -> None:
        self.away = None

    async def check(self, collection: str, generation: str) -> None:
        """SluiceError collection_gone unless it is still that generation of the collection."""
        await self.ask(self._facts.refresh)
        state = self._facts.collection(collection)
        if state is None or state.generation != generation:
            raise gone(collection)

    async def progress(self, percent: float) -> None:
        """Tell how far it is, if that was not told just now; SluiceError cancelled."""
        self.look()
        if time.monotonic() >= self._reported_at + TELL_SECONDS:
            self._reported_at = time.monotonic()
            await self._tell(progress=min(percent, MOST))

    async def groups(self, percent: float, place: int, groups: tuple[SimilarGroup, ...]) -> None:
        """Hand out the groups numbered from `place` on; SluiceError cancelled."""
        await self._tell(progress=min(percent, MOST), place=place, groups=groups)

    async def _tell(self, **fields: object) -> None:
        body = event(reported(self.task, "running", run=self.id, **fields))
        await self.ask(lambda: self._publish([body]))
