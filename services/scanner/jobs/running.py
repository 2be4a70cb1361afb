"""The jobs that this scanner runs now, by the ingest partition that made it their owner."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.job import Job

log = logging.getLogger(__name__)


class Jobs:
    """Starts and stops the tasks of jobs, and keeps the first failure of any."""

    def __init__(self, make: Callable[[JobRecord], Job]) -> None:
        self._make = make
        self._running: dict[str, tuple[int, Job, asyncio.Task[None]]] = {}
        self._failure: BaseException | None = None

    def active(self) -> int:
        """How many share the total window."""
        return sum(job.active for _, job, _ in self._running.values())

    def start(self, record: JobRecord) -> None:
        """Run the job; one that runs already goes on."""
        if record.job_id in self._running:
            return
        job = self._make(record)
        task = asyncio.create_task(job.run(), name=f"job {record.job_id}")
        self._running[record.job_id] = (record.partition, job, task)
        task.add_done_callback(lambda done: self._ended(record.job_id, done))

    async def stop(self, partitions: Iterable[int] | None = None) -> None:
        """Leave the jobs of these partitions (None: all) to their next owner, without a word."""
        gone = None if partitions is None else set(partitions)
        tasks = [task for partition, _, task in self._running.values() if gone is None or partition in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Have every job look around."""
        for _, job, _ in self._running.values():
            job.wake()

    def raise_failure(self) -> None:
        """Raise what a job failed with, if one did: a job never fails for its files, only for us."""
        if self._failure is not None:
            raise self._failure

    def _ended(self, job_id: str, task: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("job %s cannot go on: %s", job_id, task.exception())
            self._failure = self._failure or task.exception()
