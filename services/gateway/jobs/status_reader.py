"""A job's status: its report, why it waits, and what its copies are copies of."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from libs.common.errors import SluiceError
from libs.common.events import Outcome
from libs.common.points.fields import Fields
from libs.common.points.projections import SHOWN
from libs.common.runtime.coalesced import Coalesced
from libs.common.store.protocol import Payload, Record, Store
from services.gateway.api.caller import caller
from services.gateway.api.keys import Key
from services.gateway.jobs.models import StatusOut
from services.gateway.jobs.polling import Answer
from services.gateway.jobs.reader import JobReader, Report
from services.gateway.jobs.status import Duplicate, status_out
from services.gateway.view.fold import Job

SHOWN_COPIES = 10
"""Exact duplicates shown with a status: each brings its thumbnail, and a status is polled."""


class Copy(Protocol):
    """A copy and the file that is kept."""

    @property
    def copy(self) -> Record:
        """The copy's point."""

    @property
    def keeper(self) -> Record:
        """The point of the file that is kept."""


class Slowest(Protocol):
    """Tells which stage holds the work up."""

    def __call__(self, *, listed: bool) -> str | None:
        """In a sentence, or None; `listed`: whether the job is listed whole."""


CopiesOf = Callable[[Job, Sequence[Outcome]], Awaitable[Sequence[Copy]]]
"""Finds the copies among a job's files, given the outcomes that say that there are some."""


@dataclass(frozen=True, slots=True)
class StatusReader:
    """`waiting` gives why a job does not move on, by its id; `slowest` which stage most files wait for.

    `now` gives the seconds since the epoch.
    """

    jobs: JobReader
    store: Store
    copies: CopiesOf
    waiting: Callable[[str], str | None]
    slowest: Slowest
    now: Callable[[], float]
    _shared: Coalesced[tuple[UUID, Key], Answer] = field(init=False)

    def __post_init__(self) -> None:
        # What a caller sees depends on its key: only calls with the same one share.
        object.__setattr__(self, "_shared", Coalesced(lambda asked: self._answered(asked[0])))

    async def answer(self, job_id: UUID) -> Answer:
        """As `read`, written; those who ask at the same time share one reading."""
        return await self._shared((job_id, caller()))

    async def _answered(self, job_id: UUID) -> Answer:
        return Answer.of(await self.read(job_id))

    async def read(self, job_id: UUID) -> StatusOut:
        """The job's status as of now; SluiceError job_not_found, or job_gone."""
        report = await self.jobs.report(job_id)
        found = status_out(
            report, self.now(), self.waiting(report.job.job_id), await self._duplicates(report)
        )
        return found.model_copy(update={"bottleneck": self._bottleneck(report.job, found)})

    def _bottleneck(self, job: Job, found: StatusOut) -> str | None:
        """Which stage is the slowest, while the job runs and waits for nothing."""
        if job.state != "running" or found.waiting_reason is not None:
            return None
        return self.slowest(listed=job.listed)

    async def _duplicates(self, report: Report) -> list[Duplicate]:
        """The first of the job's exact duplicates; none while the store is away."""
        collection = report.job.collection
        try:
            found = (await self.copies(report.job, report.copies))[:SHOWN_COPIES]
            if not found or collection is None:
                return []
            keepers = list({each.keeper.id for each in found})
            shown = await self.store.retrieve(collection, keepers, payload=SHOWN)
        except SluiceError:
            # A status is read to see how things are: it comes without them then.
            return []
        payloads = {record.id: record.payload for record in shown}
        return [_duplicate(each, payloads.get(each.keeper.id, {})) for each in found]


def _duplicate(found: Copy, payload: Payload) -> Duplicate:
    return Duplicate(Fields(found.copy.payload).full_path or "", found.keeper.id, payload)
