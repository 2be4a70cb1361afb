"""Dropping from the view what jobs did that ended long ago; that they were there stays known."""

import sqlite3

from msgspec import msgpack

from services.gateway import outcomes
from services.gateway.fold import Job


def forget(connection: sqlite3.Connection, before: float) -> int:
    """Delete outcomes and logs of jobs that ended `before` (seconds since the epoch); how many outcomes."""
    ended = "SELECT n, body FROM jobs WHERE created_at < ? AND state IN ('completed', 'failed', 'cancelled')"
    numbers = [
        number
        for number, body in connection.execute(ended, (before,))
        if (msgpack.decode(body, type=Job).finished_at or before) < before
    ]
    return sum(_forget(connection, number) for number in numbers)


def _forget(connection: sqlite3.Connection, job: int) -> int:
    connection.execute("DELETE FROM log_lines WHERE job = ?", (job,))
    return outcomes.forget(connection, job)
