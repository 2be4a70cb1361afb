"""Sums over all jobs of the view, kept with each write, so that reading them costs nothing per job."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from services.gateway.view.fold import Job

TABLES = """
CREATE TABLE totals (
    state TEXT PRIMARY KEY, jobs INTEGER NOT NULL, stored INTEGER NOT NULL, failed INTEGER NOT NULL,
    skipped INTEGER NOT NULL, waiting INTEGER NOT NULL
) WITHOUT ROWID;
"""

_ADD = (
    "INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (state) DO UPDATE SET "
    "jobs = jobs + excluded.jobs, stored = stored + excluded.stored, failed = failed + excluded.failed, "
    "skipped = skipped + excluded.skipped, waiting = waiting + excluded.waiting"
)


class Totals(NamedTuple):
    """Jobs in one state, and their files by outcome; those of jobs that were dropped since still count."""

    state: str
    jobs: int
    stored: int
    failed: int
    skipped: int
    waiting: int


def read(connection: sqlite3.Connection) -> list[Totals]:
    """The totals of each state that a job was ever in."""
    return [Totals(*row) for row in connection.execute("SELECT * FROM totals ORDER BY state")]


def changed(connection: sqlite3.Connection, changes: Iterable[tuple[Job | None, Job]]) -> None:
    """Count jobs as they are after a change instead of as they were; part of the caller's transaction."""
    sums: dict[str, Counter[str]] = {}
    for before, after in changes:
        if before is not None:
            sums.setdefault(before.state, Counter()).subtract(_of(before))
        sums.setdefault(after.state, Counter()).update(_of(after))
    rows = [(state, *(counts[name] for name in Totals._fields[1:])) for state, counts in sums.items()]
    connection.executemany(_ADD, rows)


def dropped(connection: sqlite3.Connection, state: str) -> None:
    """Count one job less. Its files stay: a counter that goes back looks like a restart to Prometheus."""
    connection.execute("UPDATE totals SET jobs = jobs - 1 WHERE state = ?", (state,))


def _of(job: Job) -> dict[str, int]:
    return {
        "jobs": 1,
        "stored": job.stored,
        "failed": job.failed,
        "skipped": job.skipped,
        "waiting": job.waiting,
    }
