"""One watch of the view for all who follow jobs: what changed is read and written as JSON once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice

from libs.common.errors import UnavailableError
from libs.common.topics import key_partition
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.status import job_out
from services.gateway.view import changes
from services.gateway.view.changes import Place
from services.gateway.view.fold import Job

EVERY_SECONDS = 1.0
BEATS = 4
"""Times in EVERY_SECONDS that it looks whether anything came."""
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

    def __str__(self) -> str:
        return f"event: job\nid: {self.place}\ndata: {self.body}\n\n"


class JobMoves:
    """What one client waits for: that a job may have changed."""

    def __init__(self, watch: "JobWatch", partition: int) -> None:
        self._watch = watch
        self._partition = partition
        self._seen = watch.mark(partition)

    async def next(self, seconds: float) -> None:
        """Return once events came since the last time, or a second has gone; within `seconds` anyway."""
        try:
            async with asyncio.timeout(seconds):
                while self._seen == self._watch.mark(self._partition):
                    await self._watch.beat()
        except TimeoutError:
            return
        self._seen = self._watch.mark(self._partition)


class JobWatch:
    """Looks for changed jobs once a second. A job that changed twice in between is one change."""

    def __init__(self, jobs: JobReader, place: Place) -> None:
        self._jobs = jobs
        self._place = place
        self._newest = 0
        self._recent: deque[Change] = deque(maxlen=KEPT)
        self._ticked = asyncio.Condition()
        self._beaten = asyncio.Condition()
        self._seen, self._ticks = place, 0
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

    def moves(self, job_id: str) -> JobMoves:
        """What happens to a job from now on."""
        return JobMoves(self, key_partition(job_id, len(self._seen.offsets)))

    def mark(self, partition: int) -> tuple[int, int]:
        """Another one once events came in this partition, and once a second."""
        return self._seen.offsets[partition], self._ticks

    async def beat(self) -> None:
        """Return after the next look whether anything came."""
        async with self._beaten:
            await self._beaten.wait()

    async def tick(self) -> None:
        """Return after the next look."""
        async with self._ticked:
            await self._ticked.wait()

    def since(self, count: int) -> list[Change] | None:
        """The changes after the first `count`; None where they are no longer kept."""
        missed = self.count - count
        return None if missed > len(self._recent) else list(islice(reversed(self._recent), missed))[::-1]

    async def read(self, place: Place) -> list[Change]:
        """A page of the changes since a place, from the view; fewer than PAGE are the last."""
        return [_change(*each) for each in await self._jobs.view.ask(changes.changed, place, PAGE)]

    async def begin(self, newest: int) -> tuple[Place, list[Change]]:
        """Where a new listener begins, and the jobs that it is shown first; empty while Kafka is away."""
        place = await self._place_now()
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
            for _ in range(BEATS):
                await asyncio.sleep(EVERY_SECONDS / BEATS)
                self._seen = await self._place_now()
                async with self._beaten:
                    self._beaten.notify_all()
            await self._look()
            self._ticks += 1
            async with self._ticked:
                self._ticked.notify_all()

    async def _place_now(self) -> Place:
        return await self._jobs.view.ask(changes.place, len(self._jobs.status.partitions))

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
