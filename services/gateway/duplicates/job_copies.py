"""The copies among a job's files: those that the one rule for keepers does not keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.duplicates.policy import Policy
from libs.common.events import Outcome
from libs.common.points.fields import Fields
from libs.common.store.protocol import Record, Store
from services.gateway.duplicates import contents
from services.gateway.duplicates.contents import by_content
from services.gateway.jobs.reader import JobReader
from services.gateway.view.fold import Job


@dataclass(frozen=True, slots=True)
class JobCopy:
    """A point of the job's that is a copy of the keeper's file, as the index has both now."""

    copy: Record
    keeper: Record


@dataclass(frozen=True, slots=True)
class JobCopies:
    """Which file of a content was stored first does not matter, nor whether the job stored the keeper."""

    jobs: JobReader
    store: Store
    policy: Policy

    async def of(self, job_id: UUID) -> tuple[str | None, list[str]]:
        """The job's collection, and the ids of all its copies there; SluiceError as JobReader.copies."""
        job = await self.jobs.get(job_id)
        found = await self.among(job, await self.jobs.copies(job_id))
        return job.collection, [each.copy.id for each in found]

    async def among(self, job: Job, flagged: Sequence[Outcome]) -> list[JobCopy]:
        """The copies of the contents of these files, whose outcomes said that there are others."""
        if job.collection is None or not flagged:
            return []
        ids = [id_ for each in flagged for id_ in (each.file_id, each.existing_id) if id_]
        points = await contents.by_ids(self.store, job.collection, ids)
        every = await contents.copies(self.store, job.collection, points)
        found = [copy for group in by_content(every).values() for copy in self._of_group(group)]
        names = {each.copy.id: self._name(job, each.copy) for each in found}
        listed = await self.jobs.listed(UUID(job.job_id), names)
        return [each for each in found if each.copy.id in listed]

    def _of_group(self, group: Sequence[Record]) -> list[JobCopy]:
        copies = self.policy.copies(group)
        if len(copies) < 2:
            return []
        kept, _ = self.policy.keeper(copies)
        (keeper,) = [each for each in copies if each.id == kept]
        return [JobCopy(each, keeper) for each in copies if each.id != kept]

    @staticmethod
    def _name(job: Job, record: Record) -> str:
        """As the job shows the file: an upload's files are relative to its folder, which has the job's id."""
        path = Fields(record.payload).full_path or ""
        folder = job.directory_path or ""
        is_upload = folder.rpartition("/")[2] == job.job_id
        return path.removeprefix(folder + "/") if is_upload else path
