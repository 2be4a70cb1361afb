"""A sync: compare a job's files with the points below its root, and have the points follow."""

import asyncio
from collections.abc import Sequence

from libs.common import events
from libs.common.control import SyncedRoot
from libs.common.kafka.outgoing import fact
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import named
from services.scanner.jobs.orders import Orders
from services.scanner.jobs.projection import Projected
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from services.scanner.sync.applying import Applying, Wait
from services.scanner.sync.comparing import Comparing
from services.scanner.sync.guards import Situation, is_whole
from services.scanner.sync.stored import StoredPoints
from services.scanner.wiring import Wiring


class Sync:
    """The sync of one job, to be run once all of its files are in the spool.

    Another scanner that takes the job over compares again: what was told first counts, what is done is done.
    """

    def __init__(
        self,
        record: JobRecord,
        spool: Spool,
        projected: Projected,
        orders: Orders,
        wiring: Wiring,
        wait: Wait,
    ) -> None:
        self._record = record
        self._spool = spool
        self._projected = projected
        self._wiring = wiring
        self._applying = Applying(record, spool, orders, wiring, wait)
        self._points: StoredPoints | None = None

    async def run(self, began: float) -> None:
        """Compare, tell, and have the points of moved and gone files follow.

        `began`: when the listing began, in seconds since the epoch. What other jobs have stored since may be
        of files that came behind the listing: it is left to the next sync.
        """
        points = await asyncio.to_thread(StoredPoints, self._spool)
        reported = self._projected.job.sync
        comparing = Comparing(self._record, points, self._wiring, began)
        found = await comparing.compared(again=reported is not None)
        if reported is None:
            reported = found.counts
            await self._wiring.outbox.tell(events.Compared(job_id=self._record.job_id, counts=reported))
        else:
            await self._applying.catch_up()
        await self._applying.move(found.moves)
        if not reported.pending and not found.counts.pending:
            await self._applying.remove(points)
            await self._note(found.situation)
        self._points = points

    async def unchanged(self, files: Sequence[Spooled]) -> dict[str, str | None] | None:
        """The captions of files whose points are still true, by id; None as long as nothing was compared."""
        if self._points is None:
            return None
        return await asyncio.to_thread(self._points.unchanged_of, [file.file_id for file in files])

    async def _note(self, found: Situation) -> None:
        """Where the root lies, for the next sync to compare."""
        if found.place is None or not is_whole(found) or named(self._record):
            return
        noted = SyncedRoot(
            collection=self._record.collection or "", path=self._record.root or b"", place=found.place
        )
        await self._wiring.outbox.send([fact(noted)])
