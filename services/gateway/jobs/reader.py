"""Questions about jobs, answered as of now: the view first catches up with what the topics hold."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Code, SluiceError
from libs.common.events import IgnoredBy, Outcome
from libs.common.topics import key_partition
from services.gateway.api.caller import caller, sees
from services.gateway.view import ignored, labelled, outcomes, queries, retention, totals
from services.gateway.view.fold import Job
from services.gateway.view.follower import Follower
from services.gateway.view.labelled import Labelled
from services.gateway.view.log_lines import LogLine
from services.gateway.view.queries import JobFilter
from services.gateway.view.totals import Totals
from services.gateway.view.view import View

LOG_LINES = 200
FLAGGED = 50
"""Files looked at for the exact duplicates that a status shows, some of which may be archived by now."""
RESULT_FILES = 1000
FIRST_FAILURES = 20
MOST_COPIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """All that a status tells of a job: itself, its log, and pages of its outcomes.

    The pages of stored and failed files, of uploads whose content was stored before (`known`), and of files
    that are no pictures, are empty until the job is over; `failures` are its first few.
    """

    job: Job
    log: list[LogLine]
    copies: list[Outcome]
    failures: list[Outcome]
    stored: tuple[list[Outcome], str | None]
    failed: tuple[list[Outcome], str | None]
    no_pictures: tuple[list[Outcome], str | None]
    known: tuple[list[Outcome], str | None]


@dataclass(frozen=True, slots=True)
class JobReader:
    """All jobs, whatever replica took them. Every call may raise broker_unavailable."""

    view: View
    ingest: Follower
    status: Follower
    keep_s: float = 30 * 24 * 3600.0
    """How long a finished job is told of."""

    async def find(self, job_id: UUID) -> Job | None:
        """The job as of now, or None if no request named it."""
        partition = key_partition(str(job_id), len(self.status.partitions))
        # Other systems may key a request as they like, so all of ingest counts.
        await asyncio.gather(self.status.catch_up([partition]), self.ingest.catch_up())
        return await self.view.ask(queries.job, str(job_id))

    async def get(self, job_id: UUID) -> Job:
        """The job as of now; SluiceError job_not_found, or job_gone once it was cleaned up."""
        job = await self.find(job_id)
        if job is None and await self.view.ask(retention.is_forgotten, str(job_id)):
            raise self._gone(job_id)
        if job is None or not sees(job.collection):
            raise SluiceError(Code.JOB_NOT_FOUND, f"there is no job {job_id}")
        if job.finished_at is not None and job.finished_at < self.kept_since:
            raise self._gone(job_id)
        return job

    async def with_outcomes(self, job_id: UUID) -> Job:
        """As `get`; SluiceError outcomes_gone for a job older than its events are kept."""
        job = await self.get(job_id)
        if not job.kept:
            raise SluiceError(Code.OUTCOMES_GONE, "the job is so old that only its counts are kept")
        return job

    @property
    def kept_since(self) -> float:
        """The jobs that ended before this (seconds since the epoch) are forgotten."""
        return time.time() - self.keep_s

    async def first_offset(self, job_id: UUID) -> int | None:
        """Where in job-status the job begins, if that is still known."""
        return await self.view.ask(queries.first_offset, str(job_id))

    async def recent(self) -> dict[str, str]:
        """The newest job of each collection."""
        await self._catch_up()
        newest = await self.view.ask(queries.recent, self.kept_since)
        return {collection: job for collection, job in newest.items() if sees(collection)}

    async def report(self, job_id: UUID) -> Report:
        """What a status tells; SluiceError job_not_found."""
        return await self.view.ask(_report, await self.get(job_id))

    async def page(self, where: JobFilter, cursor: str | None, limit: int) -> tuple[list[Job], str | None]:
        """Jobs, the newest first, and the cursor of the next page."""
        await self._catch_up()
        found, following = await self.view.ask(queries.jobs, where, cursor, limit, self.kept_since)
        return [job for job in found if sees(job.collection)], following

    async def files(
        self, job_id: UUID, *, outcome: str | None, code: str | None, cursor: str | None, limit: int
    ) -> tuple[list[Outcome], str | None]:
        """Outcomes of the job and the cursor of the next page.

        Raises SluiceError job_not_found, or outcomes_gone for a job older than its events are kept.
        """
        await self.with_outcomes(job_id)
        return await self.view.ask(
            outcomes.page, str(job_id), outcome=outcome, code=code, cursor=cursor, limit=limit
        )

    async def ignored(self, job_id: UUID) -> list[IgnoredBy]:
        """What the job's listing passed over, by rule; raises as `files`."""
        await self.with_outcomes(job_id)
        return await self.view.ask(ignored.of, str(job_id))

    async def copies(self, job_id: UUID) -> list[Outcome]:
        """The outcomes of the job's files whose content was stored under another path already.

        Raises SluiceError job_not_found, or outcomes_gone for a job older than its events are kept.
        """
        await self.with_outcomes(job_id)
        return await self.view.ask(outcomes.copies, str(job_id), MOST_COPIES)

    async def listed(self, job_id: UUID, files: Mapping[str, str]) -> set[str]:
        """Those of the files, by id with their names as the job shows them, that had an outcome in it."""
        return await self.view.ask(outcomes.known, str(job_id), files)

    async def watched(self, newest: int) -> list[Job]:
        """The jobs that have not ended, and the newest ones: those whose state people watch."""
        await self._catch_up()
        latest, _ = await self.view.ask(queries.jobs, JobFilter(), None, newest, self.kept_since)
        unfinished = await self.view.ask(queries.unfinished)
        return list({job.job_id: job for job in (*unfinished, *latest)}.values())

    async def totals(self) -> list[Totals]:
        """Sums over the jobs that this replica knows of, by state."""
        await self._catch_up()
        return await self.view.ask(totals.read)

    async def labelled(self, names: Sequence[str]) -> list[Labelled]:
        """The jobs that the caller sees, by the values of these labels."""
        return await self.view.ask(labelled.read, names, caller().sees)

    async def writing_to(self, collection: str) -> Job | None:
        """A job that has not ended and writes into the collection."""
        await self._catch_up()
        unfinished = await self.view.ask(queries.unfinished)
        return next((job for job in unfinished if job.collection == collection), None)

    def _gone(self, job_id: UUID) -> SluiceError:
        days = self.keep_s / 86_400
        return SluiceError(Code.JOB_GONE, f"job {job_id} ended more than {days:g} days ago and is forgotten")

    async def _catch_up(self) -> None:
        await asyncio.gather(self.status.catch_up(), self.ingest.catch_up())


def _report(connection: sqlite3.Connection, job: Job) -> Report:
    """All that the view tells of the job, in one trip through its thread."""
    nothing: tuple[list[Outcome], str | None] = ([], None)
    failed = outcomes.page(connection, job.job_id, outcome="failed", limit=RESULT_FILES)
    no_pictures = outcomes.page(
        connection, job.job_id, outcome="skipped", code=Code.UNSUPPORTED_TYPE, limit=RESULT_FILES
    )
    stored = known = nothing
    if job.is_over:
        known = outcomes.page(
            connection, job.job_id, outcome="skipped", code=Code.ALREADY_STORED, limit=RESULT_FILES
        )
        stored = outcomes.page(connection, job.job_id, outcome="stored", limit=RESULT_FILES)
    return Report(
        job=job,
        log=queries.log_lines(connection, job.job_id, LOG_LINES),
        copies=outcomes.copies(connection, job.job_id, FLAGGED),
        failures=[*failed[0], *no_pictures[0]][:FIRST_FAILURES],
        stored=stored,
        failed=failed if job.is_over else nothing,
        no_pictures=no_pictures if job.is_over else nothing,
        known=known,
    )
