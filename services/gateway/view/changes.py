"""Which jobs changed since a place in job-status, the same asked of any replica."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import msgpack

from libs.common.topics import JOB_STATUS
from services.gateway.view import queries
from services.gateway.view.fold import Job


@dataclass(frozen=True, slots=True)
class Place:
    """For each partition of job-status the offset of the first event that was not seen."""

    offsets: tuple[int, ...]

    @classmethod
    def of(cls, offsets: Mapping[int, int], partitions: int) -> "Place":
        """The place before these offsets; a partition that is not named is at its start."""
        return cls(tuple(offsets.get(partition, 0) for partition in range(partitions)))

    @classmethod
    def parsed(cls, text: str, ends: Mapping[int, int]) -> "Place | None":
        """The place that `str` gave; None where it cannot be one of a topic with these ends."""
        parts = text.split(".")
        if len(parts) != len(ends) or not all(part.isascii() and part.isdigit() for part in parts):
            return None
        place = cls(tuple(int(part[:20]) for part in parts))
        return place if all(place.offsets[each] <= end for each, end in ends.items()) else None

    def after(self, job: Job) -> "Place":
        """The place after the job's last event."""
        if job.as_of < self.offsets[job.partition]:
            return self
        offsets = list(self.offsets)
        offsets[job.partition] = job.as_of + 1
        return Place(tuple(offsets))

    def __str__(self) -> str:
        return ".".join(map(str, self.offsets))


def place(connection: sqlite3.Connection, partitions: int) -> Place:
    """Where the view stands."""
    return Place.of(queries.offsets(connection, JOB_STATUS.name), partitions)


def changed(connection: sqlite3.Connection, since: Place, limit: int) -> list[tuple[Job, Place]]:
    """The next jobs that changed since, at most `limit`, each as it is now and with the place after it."""
    found: list[tuple[Job, Place]] = []
    for partition, offset in enumerate(since.offsets):
        rows = connection.execute(
            "SELECT body FROM jobs WHERE partition = ? AND as_of >= ? ORDER BY as_of LIMIT ?",
            (partition, offset, limit - len(found)),
        )
        for (body,) in rows:
            job = msgpack.decode(body, type=Job)
            since = since.after(job)
            found.append((job, since))
    return found


def requested(connection: sqlite3.Connection, after: int) -> tuple[list[Job], int]:
    """The jobs that no scanner has taken yet, of those numbered after `after`, and the last one's number."""
    rows = connection.execute(
        "SELECT n, body FROM jobs WHERE partition = 0 AND as_of = -1 AND n > ? ORDER BY n", (after,)
    ).fetchall()
    return [msgpack.decode(body, type=Job) for _, body in rows], rows[-1][0] if rows else after
