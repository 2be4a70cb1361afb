"""What the listing of a job passed over, by rule, in the view."""

import sqlite3

from msgspec import msgpack

from libs.common.events import IgnoredBy

TABLES = "CREATE TABLE ignored (job INTEGER PRIMARY KEY, body BLOB NOT NULL);"


def keep(connection: sqlite3.Connection, job: int, rules: tuple[IgnoredBy, ...]) -> None:
    """What the job's last complete listing said counts."""
    connection.execute("INSERT OR REPLACE INTO ignored VALUES (?, ?)", (job, msgpack.encode(rules)))


def of(connection: sqlite3.Connection, job_id: str) -> list[IgnoredBy]:
    """The rules that passed something over, the one that did most first; none before all is listed."""
    row = connection.execute(
        "SELECT body FROM ignored WHERE job = (SELECT n FROM jobs WHERE job_id = ?)", (job_id,)
    ).fetchone()
    return [] if row is None else msgpack.decode(row[0], type=list[IgnoredBy])


def forget(connection: sqlite3.Connection, job: int) -> None:
    """Delete what is kept of the job."""
    connection.execute("DELETE FROM ignored WHERE job = ?", (job,))
