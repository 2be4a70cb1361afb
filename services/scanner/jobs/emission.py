"""Sending a job's files on their way, and giving outcomes to those that need not go."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from libs.common import events
from libs.common.errors import SluiceError, UnavailableError
from libs.common.events import Outcome
from libs.common.kafka.outgoing import outcomes
from libs.common.runtime.retry import FIRST_PAUSE_S, pauses
from services.scanner import window
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.endings import Ending, refused_by_store
from services.scanner.jobs.files import from_cache, left_over, path_record, rejected
from services.scanner.jobs.orders import Orders
from services.scanner.listing.entries import Spooled
from services.scanner.listing.rescan import Rescan
from services.scanner.listing.spool import Spool
from services.scanner.sync.sync import Sync
from services.scanner.wiring import Wiring

BATCH = events.MAX_ITEMS

Wait = Callable[[float], Awaitable[None]]
"""Waits until something changes, or for so many seconds."""


class Emission:
    """Takes files out of one job's spool, never more than its window allows to be in flight."""

    def __init__(
        self, record: JobRecord, spool: Spool, orders: Orders, wiring: Wiring, wait: Wait, sync: Sync
    ) -> None:
        self._record = record
        self._spool = spool
        self._orders = orders
        self._wiring = wiring
        self._wait = wait
        self._recent = window.Recent()
        self._weight = window.Weight()
        self._rescan = Rescan(wiring.store, record)
        self._sync = sync

    async def fold(self, found: list[Outcome]) -> None:
        """Outcomes came back: they are credit for as many more files."""
        first = await asyncio.to_thread(self._spool.fold, found)
        self._recent.add(time.monotonic(), first)

    async def emit(self) -> bool:
        """Emit the next batch; False if the window, the orders or the spool have none."""
        credit = self._window() - self._spool.in_flight if self._orders.running else 0
        files = await self._take(min(credit, BATCH)) if credit > 0 else []
        if files:
            await self._send(files)
        return bool(files)

    async def end_early(self, ending: Ending, within_s: float) -> None:
        """Give an outcome to every file that was not emitted, then to those that do not come back in time."""
        while files := await self._take(BATCH):
            await self._report(left_over(self._record, file, ending) for file in files)
        until = time.monotonic() + within_s
        while self._spool.in_flight and time.monotonic() < until:
            await self._wait(until - time.monotonic())
        after = None
        while files := await asyncio.to_thread(self._spool.under_way, BATCH, after):
            await self._report(left_over(self._record, file, ending) for file in files)
            after = files[-1]

    def _window(self) -> int:
        model, settings = self._wiring.control.model(self._record.model), self._wiring.settings
        return window.size(
            self._recent.sum(time.monotonic()),
            window.floor_for(model.batch if model else None),
            min(settings.scanner_window, self._weight.files_in(settings.scanner_window_mb * 1_000_000)),
            self._wiring.active_jobs(),
        )

    async def _take(self, limit: int) -> list[Spooled]:
        files = await asyncio.to_thread(self._spool.take, limit, time.monotonic())
        self._weight.add(file.size for file in files)
        return files

    async def _send(self, files: list[Spooled]) -> None:
        stored = await self._unchanged(files)
        ending = self._orders.ending
        if ending is not None:
            await self._report(left_over(self._record, file, ending) for file in files)
            return
        good = [file for file in files if file.code is None]
        work = [
            path_record(self._record, file, self._trace_of(file))
            for file in good
            if file.file_id not in stored
        ]
        await self._wiring.outbox.send(work)
        await self._report(rejected(self._record, file) for file in files if file.code is not None)
        await self._report(
            from_cache(self._record, file, stored[file.file_id]) for file in good if file.file_id in stored
        )

    def _trace_of(self, file: Spooled) -> str:
        """The span under which the file is sent; empty where it is not traced."""
        tracing = self._wiring.health.tracing
        if not self._record.trace or not tracing.takes(file.file_id):
            return ""
        of = {"sluice.job_id": self._record.job_id, "sluice.file_id": file.file_id}
        span = tracing.begin("scanner paths", self._record.trace, of)
        if span is None:
            return ""
        span.end()
        return span.context

    async def _unchanged(self, files: list[Spooled]) -> dict[str, str | None]:
        """As `Rescan.unchanged`; while the store is away it waits, and still obeys."""
        known = await self._sync.unchanged(files)
        if known is not None:
            return known
        waits, waited = pauses(FIRST_PAUSE_S), False
        while self._orders.ending is None:
            try:
                model = self._wiring.control.model(self._record.model)
                found = await self._rescan.unchanged(files, model)
            except UnavailableError as error:
                self._wiring.health.waiting(error.detail)
                waited = True
                await self._wait(next(waits))
                await self._orders.check()
            except SluiceError as error:
                self._orders.end(refused_by_store(error))
            else:
                if waited:
                    self._wiring.health.ready()
                return found
        return {}

    async def _report(self, reported: Iterable[Outcome]) -> None:
        await self._wiring.outbox.send(outcomes((self._record.job_id, outcome) for outcome in reported))
