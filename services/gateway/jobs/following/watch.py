"""One watch of the view for all who follow jobs: what changed is read and written as JSON once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.common.errors import UnavailableError
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.status import job_out
from services.gateway.view import changes
from services.gateway.view.changes import Place
from services.gateway.view.fold import Job

EVERY_SECONDS = 1.0
KEPT = 5_000
"""Changes kept for listeners that are slow; one that is slower reads the view again."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A job that changed, as JSON, and the place in job-status after it."""

    job_id: str
    collection: str | None
    body: str
    place: Place


class JobWatch:
    """Looks for changed jobs once a second. A job that changed twice in between is one change."""

    def __init__(self, jobs: JobReader, place: Place) -> None:
        self._jobs = jobs
        self._place = place
        self._newest = 0
        self._recent: deque[Change] = deque(maxlen=KEPT)
        self._ticked = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.count = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, jobs: JobReader) -> AsyncIterator["JobWatch"]:
        """A watch that looks in a task of its own, cancelled at the end."""
        watch = cls(jobs, await jobs.view.ask(changes.place, len(jobs.status.partitions)))
        watch._task = asyncio.create_task(watch._run(), name="watch of jobs")
        try:
            yield watch
        finally:
            watch._task.cancel()
            await asyncio.gather(watch._task, return_exceptions=True)

    async def watch(self) -> None:
        """Return when watching has ended; raises what ended it too soon."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def tick(self) -> None:
        """Return after the next look."""
        async with self._ticked:
            await self._ticked.wait()

    def since(self, count: int) -> list[Change] | None:
        """The changes after the first `count`; None where they are no longer kept."""
        missed = self.count - count
        return None if missed > len(self._recent) else list(self._recent)[len(self._recent) - missed :]

    async def read(self, place: Place) -> list[Change]:
        """A page of the changes since a place, from the view; fewer than PAGE are the last."""
        return [_change(*each) for each in await self._jobs.view.ask(changes.changed, place, PAGE)]

    async def begin(self, newest: int) -> tuple[Place, list[Change]]:
        """Where a new listener begins, and the jobs that it is shown first; empty while Kafka is away."""
        place = await self._jobs.view.ask(changes.place, len(self._jobs.status.partitions))
        try:
            return place, [_change(job, place) for job in await self._jobs.watched(newest)]
        except UnavailableError:
            return place, []

    async def parsed(self, text: str) -> Place | None:
        """The place that an earlier stream of any replica ended at; None if it is none of this topic."""
        try:
            ends = await self._jobs.status.catch_up()
        except UnavailableError:
            return None
        return Place.parsed(text, ends)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self._look()
            async with self._ticked:
                self._ticked.notify_all()

    async def _look(self) -> None:
        requested, self._newest = await self._jobs.view.ask(changes.requested, self._newest)
        self._add([_change(job, self._place) for job in requested])
        while page := await self.read(self._place):
            self._add(page)
            self._place = page[-1].place

    def _add(self, found: list[Change]) -> None:
        self._recent.extend(found)
        self.count += len(found)


def _change(job: Job, place: Place) -> Change:
    return Change(job.job_id, job.collection, job_out(job).model_dump_json(), place)
