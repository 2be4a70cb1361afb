"""Writing the view: a batch of records and the offsets after it, in one transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec import msgpack, structs

from libs.common.events import (
    Accepted,
    JobEvent,
    JobSnapshot,
    Listed,
    Outcome,
    Outcomes,
    ScanRequest,
    TaskEvent,
)
from services.gateway.view import ignored, labelled, outcomes, retention, totals
from services.gateway.view.fold import Job, fold, ignores, requested, restored
from services.gateway.view.log_lines import log_line
from services.gateway.view.queries import job_row
from services.gateway.view.tasks import queries


@dataclass(frozen=True, slots=True)
class Requested:
    """A scan request seen on ingest. `at`: the broker's time in seconds."""

    job_id: str
    request: ScanRequest
    at: float


@dataclass(frozen=True, slots=True)
class Happened:
    """A job event seen on job-status at `offset`. `at`: the broker's time in seconds."""

    event: JobEvent
    offset: int
    at: float
    partition: int = 0


Change = Requested | Happened


def forget(connection: sqlite3.Connection, before: float) -> int | None:
    """Drop a piece of what ended `before`; see `retention.forget`."""
    with _transaction(connection):
        return retention.forget(connection, before)


def write(
    connection: sqlite3.Connection, changes: Iterable[Change], topic: str, offsets: Mapping[int, int]
) -> None:
    """Fold `changes` and remember `offsets` (the next to read, by partition) of their topic."""
    with _transaction(connection):
        jobs = _Jobs(connection)
        for change in changes:
            if isinstance(change, Requested):
                jobs.requested(change)
            else:
                jobs.happened(change)
        jobs.save()
        connection.executemany(
            "INSERT INTO offsets VALUES (?, ?, ?) "
            "ON CONFLICT (topic, partition) DO UPDATE SET next = max(next, excluded.next)",
            [(topic, partition, offset) for partition, offset in offsets.items()],
        )


def restore(connection: sqlite3.Connection, snapshots: Iterable[tuple[JobSnapshot, int]]) -> None:
    """Take in terminal snapshots, each with the next offset of its partition, where events are gone.

    A job whose events are yet to be folded is left to them.
    """
    with _transaction(connection):
        jobs = _Jobs(connection)
        for snapshot, folded_to in snapshots:
            if folded_to > snapshot.as_of:
                jobs.restored(snapshot)
        jobs.save()


class _Jobs:
    """The jobs that one transaction touches, read once and written once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._jobs: dict[str, Job] = {}
        self._before: dict[str, Job] = {}

    def requested(self, change: Requested) -> None:
        job = self._find(change.job_id)
        if job is None and retention.is_forgotten(self._connection, change.job_id):
            return
        self._put(requested(job, change.job_id, change.request, change.at))

    def happened(self, change: Happened) -> None:
        event = change.event
        if isinstance(event, TaskEvent):
            queries.happened(self._connection, event, change.offset, change.at)
            return
        job = self._find(event.job_id)
        if ignores(job, event, change.offset) or (job is None and self._comes_too_late(event)):
            return
        number = self._number(event.job_id, change.at)
        fresh: Sequence[Outcome] = ()
        if isinstance(event, Listed) and event.complete:
            ignored.keep(self._connection, number, event.ignored_by)
        if isinstance(event, Outcomes):
            fresh = outcomes.keep(self._connection, number, change.offset, event.items)
        elif not _is_repeated(job, event) and (line := log_line(event, change.at)):
            self._connection.execute(
                "INSERT INTO log_lines VALUES (?, ?, ?, ?, ?)", (number, change.offset, *line)
            )
        after = fold(job, event, change.offset, change.at, fresh)
        if after.partition != change.partition:
            after = structs.replace(after, partition=change.partition)
        self._put(after)

    def restored(self, snapshot: JobSnapshot) -> None:
        job = self._find(snapshot.job_id)
        if job is None and retention.is_forgotten(self._connection, snapshot.job_id):
            return
        if job is None or not job.is_over:
            self._put(restored(snapshot))

    def save(self) -> None:
        self._connection.executemany(
            "UPDATE jobs SET created_at = ?, finished_at = ?, collection = ?, state = ?, body = ?, "
            "partition = ?, as_of = ?, owes_callback = ? WHERE n = ?",
            [(*_columns(job), self._numbers[job_id]) for job_id, job in self._jobs.items()],
        )
        changes = [(self._before.get(job_id), job) for job_id, job in self._jobs.items()]
        totals.changed(self._connection, changes)
        labelled.changed(self._connection, changes)

    def _comes_too_late(self, event: JobEvent) -> bool:
        """Whether the event is of a job that was dropped; a new job may have its id."""
        if not retention.is_forgotten(self._connection, event.job_id):
            return False
        if isinstance(event, Accepted):
            retention.remember(self._connection, event.job_id)
            return False
        return True

    def _find(self, job_id: str) -> Job | None:
        if job_id not in self._jobs and (row := job_row(self._connection, job_id)):
            self._numbers[job_id], self._jobs[job_id] = row
            self._before[job_id] = row[1]
        return self._jobs.get(job_id)

    def _put(self, job: Job) -> None:
        self._number(job.job_id, job.created_at)
        self._jobs[job.job_id] = job

    def _number(self, job_id: str, created_at: float) -> int:
        """The job's number in this view, which a job not known yet gets now."""
        if job_id not in self._numbers:
            cursor = self._connection.execute(
                "INSERT INTO jobs (job_id, created_at, state, body) VALUES (?, ?, 'running', x'')",
                (job_id, created_at),
            )
            self._numbers[job_id] = int(cursor.lastrowid or 0)
        return self._numbers[job_id]


def _columns(job: Job) -> tuple[float, float | None, str | None, str, bytes, int, int, bool]:
    body, owes = msgpack.encode(job), job.owes_callback
    return job.created_at, job.finished_at, job.collection, job.state, body, job.partition, job.as_of, owes


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_repeated(job: Job | None, event: JobEvent) -> bool:
    """Whether the job's log has it already: a scanner that takes over a job lists its files again."""
    return isinstance(event, Listed) and job is not None and job.listed
