"""One running job, from its listing to its terminal event."""

import asyncio
import time
from typing import Literal

import msgspec

from libs.common import events
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import JobEvent, Outcome
from libs.common.kafka.outgoing import Outgoing, outcomes
from services.scanner import journal, window
from services.scanner.entries import Spooled
from services.scanner.history import find_job
from services.scanner.inventory import Inventory
from services.scanner.journal import JobRecord
from services.scanner.outbox import FIRST_PAUSE_S, LONGEST_PAUSE_S
from services.scanner.rescan import unchanged
from services.scanner.spool import Spool
from services.scanner.story import Story
from services.scanner.wiring import Wiring
from services.scanner.worker import (
    CANCELLED,
    Ending,
    accepted,
    ending_of,
    from_cache,
    left_over,
    path_record,
    rejected,
)

BATCH = events.MAX_ITEMS
LOOK_S = 1.0
"""A job looks around at least this often, in case nobody woke it."""


class Job:
    """Takes one job to its terminal event; cancelling its task leaves it to whoever takes it up again."""

    def __init__(self, record: JobRecord, wiring: Wiring) -> None:
        self._record = record
        self._wiring = wiring
        self._story = Story()
        self._recent = window.Recent()
        self._woken = asyncio.Event()
        self._ending: Ending | None = None
        self._state: str = "running"
        self._spool: Spool
        self._inventory: Inventory

    @property
    def active(self) -> bool:
        """Whether it takes part in the total window."""
        return self._state == "running"

    def wake(self) -> None:
        """Something it may wait for has changed."""
        self._woken.set()

    async def run(self) -> None:
        """Go on from where the job's events leave off, to its end."""
        record, status = self._record, self._wiring.status
        self._spool = await asyncio.to_thread(Spool, self._wiring.spool_dir / f"{record.job_id}.sqlite")
        self._inventory = Inventory(record, self._spool, self._story, self._wiring)
        try:
            status.subscribe(record.job_id, record.status_partition, record.status_offset, self._fold)
            await status.caught_up(record.status_partition)
            if self._story.finished is None:
                await self._work()
            await self._close_record()
        finally:
            await status.unsubscribe(record.job_id)
            await asyncio.to_thread(self._spool.close)

    async def _work(self) -> None:
        if not self._story.accepted:
            await self._wiring.outbox.tell(accepted(self._record))
        self._state = self._story.state
        await self._heed()
        listing = asyncio.create_task(self._list(), name=f"listing of {self._record.job_id}")
        try:
            await self._emit_all(listing)
        finally:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)
        if self._ending is not None:
            await self._end_early(self._ending)
        await self._finish(self._ending or Ending("completed"))

    async def _list(self) -> None:
        if self._ending is not None:
            return
        if self._record.request.retry_of is not None and not await self._recall():
            self._ending = Ending(
                "failed", Code.NOTHING_TO_RETRY, "no file of that job failed in a way that is asked for"
            )
            return
        await self._inventory.take()

    async def _recall(self) -> bool:
        retried = await find_job(self._wiring.connection, str(self._record.request.retry_of))
        return retried is not None and await self._inventory.recall(retried)

    async def _emit_all(self, listing: asyncio.Task[None]) -> None:
        """Emit under the window until every file has an outcome, or an end comes early."""
        listing.add_done_callback(lambda _: self.wake())
        while True:
            await self._heed()
            listed = listing.done()
            if listed:
                listing.result()
            if self._ending is not None:
                return
            files = await self._take(self._credit(listed))
            if files:
                await self._emit(files)
            elif listed and self._spool.done:
                return
            else:
                await self._wait(LOOK_S)

    def _credit(self, listed: bool) -> int:
        """How many more files may be emitted now. A retry knows its files only once all are listed."""
        if self._state != "running" or (self._record.request.retry_of is not None and not listed):
            return 0
        model = self._wiring.control.model()
        most = window.size(
            self._recent.sum(time.monotonic()),
            window.floor_for(model.batch if model else None),
            self._wiring.settings.scanner_window,
            self._wiring.active_jobs(),
        )
        return most - self._spool.in_flight

    async def _take(self, credit: int) -> list[Spooled]:
        if credit <= 0:
            return []
        return await asyncio.to_thread(self._spool.take, min(credit, BATCH), time.time())

    async def _emit(self, files: list[Spooled]) -> None:
        stored = await self._unchanged(files)
        if self._ending is not None:
            await self._report([left_over(file, self._ending) for file in files])
            return
        told: list[Outcome] = [rejected(file) for file in files if file.code is not None]
        told += [from_cache(file) for file in files if file.file_id in stored]
        work: list[Outgoing] = [
            path_record(self._record, file)
            for file in files
            if file.code is None and file.file_id not in stored
        ]
        await self._wiring.outbox.send(work)
        await self._report(told)

    async def _unchanged(self, files: list[Spooled]) -> set[str]:
        """As `rescan.unchanged`; while the store is away it waits, and still heeds pause and cancel."""
        pause_s = FIRST_PAUSE_S
        while self._ending is None:
            try:
                found = await unchanged(self._wiring.store, self._record, files, self._wiring.control.model())
            except UnavailableError as error:
                self._wiring.health.waiting(error.detail)
                await self._wait(pause_s)
                await self._heed()
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            except SluiceError as error:
                gone = error.code is Code.COLLECTION_NOT_FOUND
                self._ending = Ending("failed", Code.COLLECTION_GONE if gone else error.code, error.detail)
            else:
                if pause_s > FIRST_PAUSE_S:
                    self._wiring.health.ready()
                return found
        return set()

    async def _heed(self) -> None:
        """Do as people, and the stages behind, have asked since."""
        if self._ending is not None:
            return
        command = self._wiring.control.command(self._record.job_id)
        action = command.action if command else "resume"
        self._ending = ending_of(self._record, self._wiring.control) or self._story.error
        if self._ending is None and action == "cancel":
            self._ending = CANCELLED
            await self._change_state("cancelling")
        elif self._ending is None:
            await self._change_state("paused" if action == "pause" else "running")

    async def _change_state(self, state: Literal["running", "paused", "cancelling"]) -> None:
        if state != self._state:
            self._state = state
            await self._wiring.outbox.tell(events.StateChanged(job_id=self._record.job_id, state=state))

    async def _end_early(self, ending: Ending) -> None:
        """Give every file that was not emitted its outcome, then those that do not come back in time."""
        while files := await asyncio.to_thread(self._spool.take, BATCH, time.time()):
            await self._report([left_over(file, ending) for file in files])
        until = time.monotonic() + self._wiring.settings.scanner_end_seconds
        while self._spool.in_flight and time.monotonic() < until:
            await self._wait(min(LOOK_S, max(0.0, until - time.monotonic())))
        after = ""
        while files := await asyncio.to_thread(self._spool.under_way, BATCH, after):
            await self._report([left_over(file, ending) for file in files])
            after = files[-1].file_id
        while not self._spool.done:
            await self._wait(LOOK_S)

    async def _finish(self, ending: Ending) -> None:
        tally = await asyncio.to_thread(self._spool.tally)
        early = ending.state == "failed"
        await self._wiring.outbox.tell(
            events.Finished(
                job_id=self._record.job_id,
                state=ending.state,
                total=tally.total,
                stored=tally.stored,
                from_cache=tally.from_cache,
                failed=tally.failed,
                skipped=tally.skipped,
                ignored=self._inventory.ignored,
                code=ending.code if early else None,
                error=ending.error if early else None,
            )
        )
        while self._story.finished is None:
            await self._wait(LOOK_S)

    async def _close_record(self) -> None:
        """The first terminal event is the one that counts, also if it is not ours."""
        assert self._story.finished is not None  # noqa: S101 (the loop above ends only then)
        over = msgspec.structs.replace(
            self._record, state=self._story.finished.state, finished_at=time.time()
        )
        await self._wiring.outbox.send([journal.entry(over)])

    async def _report(self, told: list[Outcome]) -> None:
        await self._wiring.outbox.send(outcomes((self._record.job_id, outcome) for outcome in told))

    async def _fold(self, told: list[JobEvent]) -> None:
        found = [outcome for event in told for outcome in self._story.fold(event)]
        if found:
            self._recent.add(time.monotonic(), await asyncio.to_thread(self._spool.fold, found))
        self.wake()

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
