"""Reading the view: jobs and their logs. Their outcomes are read by `outcomes`."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from msgspec import msgpack

from libs.common.errors import Code, SluiceError
from services.gateway.view.fold import Job
from services.gateway.view.log_lines import LogLine


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list; None means any. `state` is the exact one."""

    collection: str | None = None
    state: str | None = None


def offsets(connection: sqlite3.Connection, topic: str) -> dict[int, int]:
    """The next offset to read of each partition that was read before."""
    rows = connection.execute("SELECT partition, next FROM offsets WHERE topic = ?", (topic,))
    return {int(partition): int(offset) for partition, offset in rows}


def job_row(connection: sqlite3.Connection, job_id: str) -> tuple[int, Job] | None:
    """The job's number in this view, and the job."""
    row = connection.execute("SELECT n, body FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    return None if row is None else (int(row[0]), msgpack.decode(row[1], type=Job))


def job(connection: sqlite3.Connection, job_id: str) -> Job | None:
    """The job, or None if it is not known."""
    row = job_row(connection, job_id)
    return None if row is None else row[1]


def jobs(
    connection: sqlite3.Connection, where: JobFilter, cursor: str | None, limit: int, since: float = 0.0
) -> tuple[list[Job], str | None]:
    """A page of jobs made after `since`, the newest first, and the cursor of the next; None at the end."""
    created_at, _, after_id = (cursor or "inf/~").partition("/")
    filters = {"collection = ?": where.collection, "state = ?": where.state}
    wanted = {condition: value for condition, value in filters.items() if value is not None}
    # The plus keeps SQLite from gathering all rows by the indexes of both times, and sorting them.
    rows = connection.execute(
        f"SELECT body FROM jobs WHERE {''.join(f'{each} AND ' for each in wanted)}"  # noqa: S608
        "(created_at, job_id) < (?, ?) AND (+created_at > ? OR +finished_at IS NULL) "
        "ORDER BY created_at DESC, job_id DESC LIMIT ?",
        (*wanted.values(), _number(created_at), after_id, since, limit + 1),
    )
    found = [msgpack.decode(body, type=Job) for (body,) in rows]
    page = found[:limit]
    more = len(found) > limit
    return page, f"{page[-1].created_at!r}/{page[-1].job_id}" if more else None


def unfinished(connection: sqlite3.Connection) -> list[Job]:
    """All jobs without their terminal event."""
    rows = connection.execute("SELECT body FROM jobs WHERE finished_at IS NULL ORDER BY created_at")
    return [msgpack.decode(body, type=Job) for (body,) in rows]


def owing_callbacks(connection: sqlite3.Connection, partitions: Collection[int], limit: int) -> list[Job]:
    """Jobs of these partitions whose end is yet to be reported, at most `limit` of each."""
    asked = "SELECT body FROM jobs WHERE owes_callback AND partition = ? LIMIT ?"
    rows = [row for each in partitions for row in connection.execute(asked, (each, limit))]
    return [msgpack.decode(body, type=Job) for (body,) in rows]


def first_offset(connection: sqlite3.Connection, job_id: str) -> int | None:
    """Where in job-status the job's first line of its log is: no outcome comes before it."""
    row = connection.execute(
        "SELECT min(place) FROM log_lines WHERE job = (SELECT n FROM jobs WHERE job_id = ?)", (job_id,)
    ).fetchone()
    return None if row[0] is None else int(row[0])


def recent(connection: sqlite3.Connection, since: float) -> dict[str, str]:
    """The newest job of each collection, of those made after `since` (seconds)."""
    # From collection to collection along the index: grouping would look at every job.
    rows = connection.execute(
        "WITH RECURSIVE names (name) AS (SELECT min(collection) FROM jobs UNION ALL "
        "SELECT (SELECT min(collection) FROM jobs WHERE collection > name) FROM names "
        "WHERE name IS NOT NULL) "
        "SELECT name, (SELECT job_id FROM jobs WHERE collection = name AND created_at > ? "
        "ORDER BY created_at DESC LIMIT 1) FROM names WHERE name IS NOT NULL",
        (since,),
    )
    return {str(collection): str(job_id) for collection, job_id in rows if job_id is not None}


def log_lines(connection: sqlite3.Connection, job_id: str, limit: int) -> list[LogLine]:
    """The job's last log lines, oldest first."""
    rows = connection.execute(
        "SELECT at, level, message FROM log_lines WHERE job = (SELECT n FROM jobs WHERE job_id = ?) "
        "ORDER BY place DESC LIMIT ?",
        (job_id, limit),
    ).fetchall()
    return [LogLine(*row) for row in reversed(rows)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise SluiceError(Code.INVALID_REQUEST, "the cursor is not one that this service gave") from error
