"""The files behind the points that a sync left waiting: what a prune would remove."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.events import SyncCounts
from libs.common.points.fields import Fields
from libs.common.points.projections import GONE
from libs.common.store.protocol import Filter, Record, Store
from services.gateway.jobs.reader import JobReader
from services.gateway.view.fold import Job

READ = 2000
"""Points that are read at once."""
READS = 10
"""Reads of one page: where few files are gone, a page has fewer than were asked for, and a cursor."""


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

    async def page(self, job_id: UUID, cursor: str | None, limit: int) -> tuple[list[Gone], str | None]:
        """Some of the gone files, in the order of their ids, and the cursor of the next page.

        Raises SluiceError job_not_found, job_gone, outcomes_gone.
        """
        job = await self.jobs.with_outcomes(job_id)
        if job.collection is None or not has_waiting(job.sync):
            return [], None
        within = _compared(job)
        below = Filter(any_of={Fields.folders.name: _folders(job, within)})
        found: list[Gone] = []
        after = cursor
        for _ in range(READS):
            records, after = await self.store.scroll(
                job.collection, limit=READ, after=after, where=below, payload=GONE
            )
            found += await self._of(job, records, within)
            if len(found) > limit:
                return found[:limit], found[limit - 1].id
            if after is None:
                break
        return found, after

    async def _of(self, job: Job, records: Sequence[Record], within: Collection[str]) -> list[Gone]:
        """Those that the job compared and did not list."""
        points = {each.id: Fields(each.payload) for each in records}
        before = {id_: point for id_, point in points.items() if (point.stored_at or 0.0) < job.created_at}
        files = {id_: point.full_path or "" for id_, point in before.items()}
        files = {id_: file for id_, file in files.items() if not within or _is_within(file, within)}
        listed = await self.jobs.listed(UUID(job.job_id), files)
        return [Gone(id_, file) for id_, file in files.items() if id_ not in listed]


def has_waiting(sync: SyncCounts | None) -> bool:
    """Whether points wait to be removed after this sync, and it is known which.

    Of a sync of some paths by a release that did not tell the paths it is not.
    """
    return sync is not None and sync.pending > 0 and (sync.whole or bool(sync.paths))


def _root(job: Job) -> str:
    root = job.sync.root if job.sync is not None else None
    return (root or job.directory_path or "").rstrip("/")


def _compared(job: Job) -> frozenset[str]:
    """The files and folders whose points the job compared; empty: all below its root."""
    return frozenset(f"{_root(job)}/{path}" for path in (job.sync.paths if job.sync is not None else ()))


def _folders(job: Job, within: Collection[str]) -> list[str]:
    """Folders below which all of these lie."""
    return sorted({path.rpartition("/")[0] or "/" for path in within}) or [_root(job) or "/"]


def _is_within(file: str, within: Collection[str]) -> bool:
    """Whether the file, or a folder that it lies in, is among these."""
    while file and file not in within:
        file = file.rpartition("/")[0]
    return bool(file)
