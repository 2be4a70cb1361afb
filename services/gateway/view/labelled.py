"""Jobs and their files by the values of labels, counted when they are asked for."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, msgpack

MOST_VALUES = 100
"""Of a label; the rarer ones count together, or a label of many values would be as many time series."""
OTHERS = "(other)"


@dataclass(frozen=True, slots=True)
class Labelled:
    """The jobs that have one value of a label: how many by state, and their files by outcome."""

    label: str
    value: str
    jobs: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)


class _Counted(Struct):
    """What is counted of a job; the rest of its body is passed over."""

    state: str
    collection: str | None = None
    labels: dict[str, str] = {}
    stored: int = 0
    failed: int = 0
    skipped: int = 0


def read(
    connection: sqlite3.Connection, names: Sequence[str], sees: Callable[[str | None], bool]
) -> list[Labelled]:
    """Jobs of collections that the caller `sees`, by each value of the labels `names`, the frequent first."""
    if not names:
        return []
    bodies = connection.execute("SELECT body FROM jobs")
    known = [msgpack.decode(body, type=_Counted) for (body,) in bodies]
    jobs = [job for job in known if sees(job.collection)]
    return [each for name in names for each in _by_value(name, jobs)]


def _by_value(name: str, jobs: Sequence[_Counted]) -> list[Labelled]:
    with_it = [job for job in jobs if name in job.labels]
    frequent = Counter(job.labels[name] for job in with_it).most_common(MOST_VALUES)
    found: Mapping[str, Labelled] = {value: Labelled(name, value) for value, _ in frequent}
    rest = Labelled(name, OTHERS)
    for job in with_it:
        one = found.get(job.labels[name], rest)
        one.jobs[job.state] += 1
        one.files.update(stored=job.stored, failed=job.failed, skipped=job.skipped)
    return [*found.values(), *([rest] if rest.jobs else [])]
