"""One running job, from its listing to its terminal event."""

import asyncio
import time

import msgspec

from libs.common import events
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import JobEvent
from libs.common.runtime.service import supervise
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.emission import Emission
from services.scanner.jobs.endings import Ending, accepted, finished, refused_by_store
from services.scanner.jobs.filling import Filling
from services.scanner.jobs.orders import Orders
from services.scanner.jobs.projection import Projected
from services.scanner.jobs.waves import Waves
from services.scanner.listing.inventory import Inventory
from services.scanner.listing.spool import Spool
from services.scanner.outbox import until_available
from services.scanner.sync.sync import Sync
from services.scanner.wiring import Wiring

LOOK_S = 1.0
"""A job looks around at least this often, in case no one woke it."""


class Job:
    """Takes one job to its terminal event; cancelling its task leaves it to the next owner."""

    def __init__(self, record: JobRecord, wiring: Wiring) -> None:
        self._record = record
        self._wiring = wiring
        self._projected = Projected(record.seal)
        self._orders = Orders(record, self._projected, wiring)
        self._woken = asyncio.Event()

    @property
    def active(self) -> bool:
        """Whether it takes part in the total window."""
        return self._orders.running

    def wake(self) -> None:
        """Something it may wait for has changed."""
        self._woken.set()

    async def run(self) -> None:
        """Go on from where the job's events leave off, to its end."""
        record, status = self._record, self._wiring.status
        file = self._wiring.spool_dir / f"{record.job_id}.sqlite"
        of_points = record.source is not None
        spool = await asyncio.to_thread(Spool, file, record.shown_below, by_id=of_points)
        sync = Sync(record, spool, self._projected, self._orders, self._wiring, self._wait)
        emission = Emission(record, spool, self._orders, self._wiring, self._wait, sync)
        waves = Waves(record, spool, self._wiring)

        async def fold(reported: list[JobEvent]) -> None:
            found = [outcome for event in reported for outcome in self._projected.fold(event)]
            if found:
                waves.received()
                await emission.fold(found)
            self.wake()

        try:
            status.subscribe(record.job_id, record.status_partition, await self._first_offset(), fold)
            await status.caught_up(record.job_id)
            if not self._projected.job.is_over:
                await supervise(self._work(spool, emission, sync), waves.watch())
            await self._close_record()
        finally:
            await status.unsubscribe(record.job_id)
            await asyncio.to_thread(spool.close)

    async def _first_offset(self) -> int:
        """Where the job's events begin: at the start, if job-status was recreated and ends before that."""
        record, status = self._record, self._wiring.status
        end = await until_available(lambda: status.end(record.status_partition), self._wiring.health)
        return record.status_offset if record.status_offset <= end else 0

    async def _work(self, spool: Spool, emission: Emission, sync: Sync) -> None:
        if not self._projected.job.accepted:
            await self._wiring.outbox.tell(accepted(self._record))
        self._orders.take_up()
        await self._orders.check()
        inventory = Inventory(self._record, spool, self._projected, self._wiring)
        filling = Filling(self._record, self._wiring)
        await self._go_through(spool, emission, inventory, sync)
        while filling.is_one and self._orders.ending is None and await self._has_more(inventory, spool):
            await self._emit_all(spool, emission, inventory, None)
        if self._orders.ending is not None:
            await emission.end_early(self._orders.ending, self._wiring.settings.scanner_end_seconds)
        while not spool.done:
            await self._wait(LOOK_S)
        tally = await asyncio.to_thread(spool.tally)
        if self._orders.ending is None:
            await filling.end(tally, without_file=inventory.ignored)
        await self._finish(tally, inventory.ignored)

    async def _has_more(self, inventory: Inventory, spool: Spool) -> bool:
        """Whether points came since they were listed: jobs of before may still have stored some."""
        before = spool.total
        await self._listed(inventory)
        return spool.total > before

    async def _go_through(self, spool: Spool, emission: Emission, inventory: Inventory, sync: Sync) -> None:
        listing = asyncio.create_task(self._list(inventory, sync), name=f"listing of {self._record.job_id}")
        listing.add_done_callback(lambda _: self.wake())
        try:
            await self._emit_all(spool, emission, inventory, listing)
        finally:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    async def _list(self, inventory: Inventory, sync: Sync) -> None:
        if self._orders.ending is not None:
            return
        if self._record.request.retry_of is not None and not await inventory.recall():
            detail = "no file of that job failed in a way that is asked for"
            self._orders.end(Ending("failed", Code.NOTHING_TO_RETRY, detail))
            return
        began = self._wiring.now()
        await self._listed(inventory)
        if self._record.request.sync and self._orders.ending is None:
            await self._synced(sync, began)

    async def _synced(self, sync: Sync, began: float) -> None:
        try:
            await sync.run(began)
        except UnavailableError:
            raise
        except SluiceError as error:
            # Of a store that was lost, and is there again without its collections, or that refuses.
            self._orders.end(refused_by_store(error))

    async def _listed(self, inventory: Inventory) -> None:
        try:
            await inventory.take()
        except UnavailableError:
            raise
        except SluiceError as error:
            # Of points: their collection is gone, or the filters are none. In folders only entries fail.
            self._orders.end(Ending("failed", error.code, error.detail))

    async def _emit_all(
        self, spool: Spool, emission: Emission, inventory: Inventory, listing: asyncio.Task[None] | None
    ) -> None:
        """Emit until every file has an outcome, or an end comes early."""
        while True:
            await self._orders.check()
            listed = listing is None or listing.done()
            if listing is not None and listed:
                listing.result()
            if self._orders.ending is not None:
                return
            # A sync knows which files it is about only once all are listed.
            if (listed or not self._record.request.sync) and await emission.emit():
                if not listed:
                    await inventory.next_chunk()
                continue
            if listed and spool.done:
                return
            await self._wait(LOOK_S)

    async def _finish(self, tally: events.Counts, ignored: int) -> None:
        ending = self._orders.ending or Ending("completed")
        counts = msgspec.structs.replace(tally, ignored=ignored)
        await self._wiring.outbox.tell(finished(self._record, ending, counts))
        while not self._projected.job.is_over:
            await self._wait(LOOK_S)

    async def _close_record(self) -> None:
        """The first terminal event is the one that counts, also if it is not ours."""
        job = self._projected.job
        state = job.state if job.is_over else self._record.state
        over = msgspec.structs.replace(self._record, state=state, finished_at=time.time())
        await self._wiring.outbox.send([changelog.entry(over)])

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
