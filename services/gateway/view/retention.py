"""Dropping from the view what jobs did that ended long ago; that they were there stays known."""

import sqlite3

from msgspec import msgpack

from services.gateway.view import outcomes
from services.gateway.view.fold import Job


def ended(connection: sqlite3.Connection, before: float) -> list[int]:
    """The numbers, in this view, of the jobs that ended `before` (seconds since the epoch)."""
    found = "SELECT n, body FROM jobs WHERE created_at < ? AND state IN ('completed', 'failed', 'cancelled')"
    return [
        number
        for number, body in connection.execute(found, (before,))
        if (msgpack.decode(body, type=Job).finished_at or before) < before
    ]


def forget(connection: sqlite3.Connection, job: int) -> int:
    """Delete a piece of a job's outcomes, and its log; how many rows of outcomes: 0 once none is left."""
    connection.execute("DELETE FROM log_lines WHERE job = ?", (job,))
    return outcomes.forget(connection, job)
