"""Jobs and their files by the values of labels, kept with each write: reading costs nothing per job."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.gateway.view.fold import Job

TABLES = """
CREATE TABLE labelled (
    label TEXT NOT NULL, value TEXT NOT NULL, collection TEXT NOT NULL, state TEXT NOT NULL,
    jobs INTEGER NOT NULL, stored INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL,
    PRIMARY KEY (label, value, collection, state)
) WITHOUT ROWID;
"""

MOST_VALUES = 100
"""Of a label; the rarer ones count together, or a label of many values would be as many time series."""
OTHERS = "(other)"

_ADD = (
    "INSERT INTO labelled VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (label, value, collection, state) "
    "DO UPDATE SET jobs = jobs + excluded.jobs, stored = stored + excluded.stored, "
    "failed = failed + excluded.failed, skipped = skipped + excluded.skipped"
)
_DROP_EMPTY = (
    "DELETE FROM labelled WHERE label = ? AND value = ? AND collection = ? AND state = ? AND jobs = 0"
)
_READ = "SELECT value, collection, state, jobs, stored, failed, skipped FROM labelled WHERE label = ?"

_Key = tuple[str, str, str, str]
_FILES = ("stored", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The jobs that have one value of a label: how many by state, and their files by outcome."""

    label: str
    value: str
    jobs: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)


class _Row(NamedTuple):
    """Jobs of one collection and state. No collection: ""."""

    value: str
    collection: str
    state: str
    jobs: int
    stored: int
    failed: int
    skipped: int


def changed(connection: sqlite3.Connection, changes: Iterable[tuple[Job | None, Job | None]]) -> None:
    """Count jobs as they are after a change instead of as they were; None: not there. Part of the caller's
    transaction.
    """
    sums: dict[_Key, Counter[str]] = {}
    for before, after in changes:
        for key in _keys(before):
            sums.setdefault(key, Counter()).subtract(_of(before))
        for key in _keys(after):
            sums.setdefault(key, Counter()).update(_of(after))
    rows = [(*key, *(counts[name] for name in ("jobs", *_FILES))) for key, counts in sums.items()]
    connection.executemany(_ADD, rows)
    connection.executemany(_DROP_EMPTY, sums)


def read(
    connection: sqlite3.Connection, names: Sequence[str], sees: Callable[[str | None], bool]
) -> list[Labelled]:
    """Jobs of collections that the caller `sees`, by each value of the labels `names`, the frequent first."""
    return [each for name in names for each in _by_value(name, list(_rows(connection, name, sees)))]


def _rows(connection: sqlite3.Connection, name: str, sees: Callable[[str | None], bool]) -> Iterator[_Row]:
    rows = map(_Row._make, connection.execute(_READ, (name,)))
    return (row for row in rows if sees(row.collection or None))


def _by_value(name: str, rows: Sequence[_Row]) -> list[Labelled]:
    jobs = Counter[str]()
    for row in rows:
        jobs[row.value] += row.jobs
    found: Mapping[str, Labelled] = {
        value: Labelled(name, value) for value, _ in jobs.most_common(MOST_VALUES)
    }
    rest = Labelled(name, OTHERS)
    for row in rows:
        one = found.get(row.value, rest)
        one.jobs[row.state] += row.jobs
        one.files.update(stored=row.stored, failed=row.failed, skipped=row.skipped)
    return [*found.values(), *([rest] if rest.jobs else [])]


def _keys(job: Job | None) -> list[_Key]:
    if job is None:
        return []
    return [(label, value, job.collection or "", job.state) for label, value in job.labels.items()]


def _of(job: Job | None) -> dict[str, int]:
    if job is None:
        return {}
    return {"jobs": 1, "stored": job.stored, "failed": job.failed, "skipped": job.skipped}
