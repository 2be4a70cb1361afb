"""The files behind the points that a sync left waiting: what a prune would remove."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Code, FileError
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.points.projections import GONE
from libs.common.runtime.detached import DetachedCalls
from libs.common.sources.sources import Sources
from libs.common.sources.uris import is_remote
from libs.common.store.protocol import Filter, Record, Store
from services.gateway.jobs.reader import JobReader
from services.gateway.view.fold import Job

READ = 2000
"""Points that are read at once."""
READS = 10
"""Reads of one page: where few files are gone, a page has fewer than were asked for, and a cursor."""
PROBED = 50
"""Points of one page where each is a request to a bucket."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A point whose file is gone; `file` is where that was."""

    id: str
    file: str


@dataclass(frozen=True, slots=True)
class GoneFiles:
    """Found again for each page: nothing is kept of what waits."""

    jobs: JobReader
    store: Store
    sources: Sources
    detached: DetachedCalls

    async def page(self, job_id: UUID, cursor: str | None, limit: int) -> tuple[list[Gone], str | None]:
        """Some of the gone files, in the order of their ids, and the cursor of the next page.

        Raises SluiceError job_not_found, job_gone, outcomes_gone, or read_failed where a disk hangs.
        """
        job = await self.jobs.with_outcomes(job_id)
        if job.sync is None or not job.sync.pending or job.collection is None or job.directory_path is None:
            return [], None
        below = Filter(any_of={Fields.folders.name: [job.directory_path]})
        found: list[Gone] = []
        after = cursor
        is_costly = not job.sync.whole and is_remote(os.fsencode(job.directory_path))
        size, reads = (PROBED, 1) if is_costly else (READ, READS)
        for _ in range(reads):
            records, after = await self.store.scroll(
                job.collection, limit=size, after=after, where=below, payload=GONE
            )
            found += await self._of(job, records)
            if len(found) > limit:
                return found[:limit], found[limit - 1].id
            if after is None:
                break
        return found, after

    async def _of(self, job: Job, records: Sequence[Record]) -> list[Gone]:
        """Those that the job did not list; of a job of some paths, those that are not on the disk now."""
        points = {each.id: Fields(each.payload) for each in records}
        before = {id_: point for id_, point in points.items() if (point.stored_at or 0.0) < job.created_at}
        files = {id_: point.full_path or "" for id_, point in before.items()}
        listed = await self.jobs.listed(UUID(job.job_id), files)
        left = {id_: before[id_] for id_ in files if id_ not in listed}
        if job.sync is not None and not job.sync.whole:
            left = dict(await self.detached.run(lambda: list(self._missing(left)), "the folder of a photo"))
        return [Gone(id_, files[id_]) for id_ in left]

    def _missing(self, points: dict[str, Fields]) -> Iterator[tuple[str, Fields]]:
        for id_, point in points.items():
            path = path_of(point)
            if path is None:
                continue
            try:
                self.sources.of(path).stat(path)
            except FileError as error:
                if error.code is Code.FILE_VANISHED:
                    yield id_, point
