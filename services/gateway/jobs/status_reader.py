"""A job's status: its report, why it waits, and what its copies are copies of."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import SluiceError
from libs.common.points.projections import SHOWN
from libs.common.store.protocol import Payload, Store
from services.gateway.jobs.models import StatusOut
from services.gateway.jobs.reader import JobReader, Report
from services.gateway.jobs.status import status_out


@dataclass(frozen=True, slots=True)
class StatusReader:
    """`waiting` gives why the stages wait, if they do; `now` the seconds since the epoch."""

    jobs: JobReader
    store: Store
    waiting: Callable[[], str | None]
    now: Callable[[], float]

    async def read(self, job_id: UUID) -> StatusOut:
        """The job's status as of now; SluiceError job_not_found, or job_gone."""
        report = await self.jobs.report(job_id)
        return status_out(report, self.now(), self.waiting(), await self._existing(report))

    async def _existing(self, report: Report) -> dict[str, Payload]:
        """The points that the job's exact duplicates duplicate, by id; empty while the store is away."""
        ids = [copy.existing_id for copy in report.copies if copy.existing_id]
        if not ids or report.job.collection is None:
            return {}
        try:
            records = await self.store.retrieve(report.job.collection, ids, payload=SHOWN)
        except SluiceError:
            # A status is read to see how things are: it comes without thumbnails then.
            return {}
        return {record.id: record.payload for record in records}
