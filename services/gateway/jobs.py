"""Questions about jobs, answered as of now: the view first catches up with what the topics hold."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Code, SluiceError
from libs.common.events import Outcome
from libs.common.topics import key_partition
from services.gateway import reading
from services.gateway.fold import Job
from services.gateway.follower import Follower
from services.gateway.log_lines import LogLine
from services.gateway.reading import JobFilter
from services.gateway.view import View

LOG_LINES = 200
COPIES = 10
"""Exact duplicates shown with a status: each brings its thumbnail, and a status is polled."""
RESULT_FILES = 1000
FIRST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Report:
    """All that a status tells of a job: itself, its log, and pages of its outcomes.

    The pages of stored and failed files are empty until the job is over; `failures` are its first few.
    """

    job: Job
    log: list[LogLine]
    copies: list[Outcome]
    failures: list[Outcome]
    stored: tuple[list[Outcome], str | None]
    failed: tuple[list[Outcome], str | None]


@dataclass(frozen=True, slots=True)
class Jobs:
    """All jobs, whatever replica took them. Every call may raise broker_unavailable."""

    view: View
    ingest: Follower
    status: Follower

    async def find(self, job_id: UUID) -> Job | None:
        """The job as of now, or None if nobody asked for it."""
        partition = key_partition(str(job_id), len(self.status.partitions))
        # Other systems may key a request as they like, so all of ingest counts.
        await asyncio.gather(self.status.catch_up([partition]), self.ingest.catch_up())
        return await self.view.ask(reading.job, str(job_id))

    async def get(self, job_id: UUID) -> Job:
        """The job as of now; SluiceError job_not_found."""
        job = await self.find(job_id)
        if job is None:
            raise SluiceError(Code.JOB_NOT_FOUND, f"there is no job {job_id}")
        return job

    async def report(self, job_id: UUID) -> Report:
        """What a status tells; SluiceError job_not_found."""
        job = await self.get(job_id)
        ask, name = self.view.ask, str(job_id)
        nothing: tuple[list[Outcome], str | None] = ([], None)
        failed = await ask(reading.outcomes, name, outcome="failed", limit=RESULT_FILES)
        return Report(
            job=job,
            log=await ask(reading.log_lines, name, LOG_LINES),
            copies=await ask(reading.copies, name, COPIES),
            failures=failed[0][:FIRST_FAILURES],
            stored=await ask(reading.outcomes, name, outcome="stored", limit=RESULT_FILES)
            if job.is_over
            else nothing,
            failed=failed if job.is_over else nothing,
        )

    async def page(self, where: JobFilter, cursor: str | None, limit: int) -> tuple[list[Job], str | None]:
        """Jobs, the newest first, and the cursor of the next page."""
        await self._catch_up()
        return await self.view.ask(reading.jobs, where, cursor, limit)

    async def files(
        self, job_id: UUID, *, outcome: str | None, code: str | None, cursor: str | None, limit: int
    ) -> tuple[list[Outcome], str | None]:
        """Outcomes of the job and the cursor of the next page.

        Raises SluiceError job_not_found, or outcomes_gone for a job older than its events are kept.
        """
        job = await self.get(job_id)
        if not job.kept:
            raise SluiceError(Code.OUTCOMES_GONE, "the job is so old that only its counts are kept")
        return await self.view.ask(
            reading.outcomes, str(job_id), outcome=outcome, code=code, cursor=cursor, limit=limit
        )

    async def writing_to(self, collection: str) -> Job | None:
        """A job that has not ended and writes into the collection."""
        await self._catch_up()
        unfinished = await self.view.ask(reading.unfinished)
        return next((job for job in unfinished if job.collection == collection), None)

    async def _catch_up(self) -> None:
        await asyncio.gather(self.status.catch_up(), self.ingest.catch_up())
