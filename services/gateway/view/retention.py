"""Dropping jobs from the view once their time is over; that they were there stays known a while longer."""

import sqlite3
import time
from collections.abc import Sequence

from msgspec import msgpack

from libs.common.rows import select
from services.gateway.view import ignored, labelled, outcomes, totals
from services.gateway.view.fold import Job
from services.gateway.view.tasks import queries as tasks

TABLES = """
CREATE TABLE forgotten (job_id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""

TRACE_SECONDS = 90 * 86_400.0
"""How long it stays known that a dropped job was there."""
JOBS_AT_ONCE = 100
"""Jobs dropped at once, at most."""


def ended(connection: sqlite3.Connection, before: float, limit: int = -1) -> list[int]:
    """The numbers, in this view, of jobs that ended `before` (seconds since the epoch), the oldest first."""
    found = "SELECT n FROM jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?"
    return [int(number) for (number,) in connection.execute(found, (before, limit))]


def ended_ids(connection: sqlite3.Connection, before: float) -> list[str]:
    """The ids of those jobs."""
    found = "SELECT job_id FROM jobs WHERE finished_at < ? ORDER BY finished_at"
    return [str(job_id) for (job_id,) in connection.execute(found, (before,))]


def over(connection: sqlite3.Connection, ids: Sequence[str], before: float) -> set[str]:
    """Those of the jobs and tasks of which nothing will ever run again: they were dropped, or ended `before`.

    Not those that this view does not know: they may run, and be older than its topics.
    """
    jobs = select(connection, "SELECT job_id FROM forgotten WHERE job_id", ids)
    jobs += select(connection, f"SELECT job_id FROM jobs WHERE finished_at < {before:f} AND job_id", ids)  # noqa: S608
    return {str(job_id) for (job_id,) in jobs} | tasks.over(connection, ids, before)


def forget(connection: sqlite3.Connection, before: float) -> int | None:
    """Drop a piece of what ended `before`: how many rows of files or groups; None once nothing is left.

    Part of the caller's transaction.
    """
    jobs, rows = ended(connection, before, JOBS_AT_ONCE), 0
    for job in jobs:
        while found := forget_files(connection, job):
            rows += found
            if rows >= outcomes.FORGET_FILES:
                return rows
        forget_job(connection, job)
    return rows if jobs else tasks.forget(connection, before)


def forget_files(connection: sqlite3.Connection, job: int) -> int:
    """Delete a piece of a job's outcomes, and its log; how many rows of outcomes: 0 once none is left."""
    connection.execute("DELETE FROM log_lines WHERE job = ?", (job,))
    ignored.forget(connection, job)
    return outcomes.forget(connection, job)


def forget_job(connection: sqlite3.Connection, job: int) -> None:
    """Leave of a job only that it was there; part of the caller's transaction."""
    row = connection.execute("SELECT body FROM jobs WHERE n = ?", (job,)).fetchone()
    if row is None:
        return
    dropped = msgpack.decode(row[0], type=Job)
    connection.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", (dropped.job_id, time.time()))
    connection.execute("DELETE FROM jobs WHERE n = ?", (job,))
    totals.dropped(connection, dropped.state)
    labelled.changed(connection, [(dropped, None)])


def forget_traces(connection: sqlite3.Connection) -> None:
    """Forget also that jobs were there, once they are dropped for TRACE_SECONDS."""
    connection.execute("DELETE FROM forgotten WHERE at < ?", (time.time() - TRACE_SECONDS,))


def is_forgotten(connection: sqlite3.Connection, job_id: str) -> bool:
    """Whether the job was dropped."""
    found = connection.execute("SELECT 1 FROM forgotten WHERE job_id = ?", (job_id,)).fetchone()
    return found is not None


def remember(connection: sqlite3.Connection, job_id: str) -> None:
    """The job's id is in use again."""
    connection.execute("DELETE FROM forgotten WHERE job_id = ?", (job_id,))
