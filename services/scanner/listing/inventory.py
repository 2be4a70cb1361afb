"""Listing a job's files into its spool, and telling how far that is."""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from libs.common import events
from libs.common.events import PointsSource
from libs.common.sources import already_stored
from libs.common.sources.entries import Entry, Ignored
from libs.common.sources.source import Listing
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import Stated, only, shown, spooled, stated
from services.scanner.jobs.history import earlier_outcomes
from services.scanner.jobs.projection import Projected
from services.scanner.listing.entries import Spooled
from services.scanner.listing.ignored import IgnoredRules
from services.scanner.listing.points import listed_points
from services.scanner.listing.retried import Retried
from services.scanner.listing.spool import Spool
from services.scanner.settings import ScannerSettings
from services.scanner.wiring import Wiring
from sluice.files.formats import accepted_suffixes
from sluice.files.passed_over import PassedOver

CHUNK_FILES = 5000
CHUNK_S = 0.25
TELL_EVERY_S = 0.5


@dataclass(slots=True)
class _Chunk:
    files: list[Spooled]
    ignored: list[Ignored]
    last: bool


class Inventory:
    """The listing of one job. A retry lists the same tree and takes only what is wanted again."""

    def __init__(self, record: JobRecord, spool: Spool, projected: Projected, wiring: Wiring) -> None:
        self._record = record
        self._spool = spool
        self._projected = projected
        self._wiring = wiring
        self._reported_at = 0.0
        self._moved = asyncio.Event()
        self._retried = None if record.request.retry_of is None else Retried(record, spool)
        self._rules = IgnoredRules()
        self._stated = stated(record)
        self.ignored = 0
        self.bytes = 0

    async def take(self) -> None:
        """List everything into the spool; the last `listed` event says complete.

        Of points it raises what `listed_points` does.
        """
        if self._record.source is not None:
            await self._take_points(self._record.source)
            return
        root = self._record.root or b""
        requested = Listing(
            recursive=self._record.request.recursive,
            suffixes=accepted_suffixes(
                gif=self._wiring.settings.accept_gif, video=self._wiring.settings.accept_video
            ),
            exclude=self._record.request.exclude,
            only=only(self._record),
            passed_over=await asyncio.to_thread(passed_over, self._wiring.settings),
        )
        listed = self._wiring.sources.list(root, requested)
        entries = with_stored_before(root, listed, self._wiring.settings)
        last = False
        while not last:
            chunk = await self._in_thread(entries)
            last = chunk.last
            self._moved.set()
            await self._tell(complete=last)

    async def _take_points(self, source: PointsSource) -> None:
        self.bytes = self.ignored = 0
        async for page in listed_points(self._record, source, self._wiring.store, self._wiring.health):
            files = [file for file in page if file is not None]
            self.ignored += len(page) - len(files)
            await asyncio.to_thread(self._add, files)
            self._moved.set()
            await self._tell(complete=False)
        if self._retried is not None:
            await asyncio.to_thread(self._retried.end)
        await self._tell(complete=True)

    async def next_chunk(self) -> None:
        """Return once the listing has got further, or after CHUNK_S.

        Waited for after each batch that is emitted meanwhile: listing and emitting share one interpreter, and
        emitting as fast as outcomes come would keep the total unknown for most of a large job.
        """
        self._moved.clear()
        try:
            async with asyncio.timeout(CHUNK_S):
                await self._moved.wait()
        except TimeoutError:
            return

    async def recall(self) -> bool:
        """Read the outcomes of the job to retry; whether any of its files is wanted again."""
        request = self._record.request
        async for outcomes in earlier_outcomes(self._wiring.connection, request):
            await asyncio.to_thread(self._spool.remember, outcomes, request.codes)
        return bool(await asyncio.to_thread(self._spool.wanted))

    async def _in_thread(self, entries: Iterator[Entry]) -> _Chunk:
        """The next chunk. Being cancelled waits for its thread: nothing is put into the spool afterwards."""
        loop = asyncio.get_running_loop()
        chunk = loop.run_in_executor(self._wiring.listers, self._next_chunk, entries)
        try:
            return await asyncio.shield(chunk)
        except asyncio.CancelledError:
            await asyncio.gather(chunk, return_exceptions=True)
            raise

    def _next_chunk(self, entries: Iterator[Entry]) -> _Chunk:
        chunk = _read_chunk(self._record, entries, self._stated)
        self._add(chunk.files)
        if chunk.last and self._retried is not None:
            self._retried.end()
        self.ignored += len(chunk.ignored)
        for entry in chunk.ignored:
            self._rules.add(entry.rule, shown(self._record, entry.path))
        return chunk

    def _add(self, files: list[Spooled]) -> None:
        if self._retried is not None:
            files = self._retried.of(files)
        self._spool.add(files)
        self.bytes += sum(file.size for file in files)

    async def _tell(self, *, complete: bool) -> None:
        now = time.monotonic()
        # After a restart the listing counts up again: what people were told must not go back meanwhile.
        due = now - self._reported_at >= TELL_EVERY_S and self._spool.total >= self._projected.job.found
        if complete or due:
            self._reported_at = now
            await self._wiring.outbox.tell(
                events.Listed(
                    job_id=self._record.job_id,
                    found=self._spool.total,
                    ignored=self.ignored,
                    bytes=self.bytes,
                    complete=complete,
                    ignored_by=self._rules.all() if complete else (),
                )
            )


def passed_over(settings: ScannerSettings) -> PassedOver:
    """The folders that scans do not enter; blocks on the file system."""
    own = (settings.data_dir, settings.upload_dir, settings.archive_dir)
    return PassedOver.of(settings.pass_over, filter(None, own))


def with_stored_before(root: bytes, listed: Iterator[Entry], settings: ScannerSettings) -> Iterator[Entry]:
    """What is listed, and of an upload what the gateway did not keep; the list of that is not counted.

    Only below UPLOAD_DIR, where no one else writes.
    """
    if Path(os.fsdecode(root)).parent != settings.upload_dir.resolve():
        return listed
    noted = root + b"/" + os.fsencode(already_stored.NAME)
    others = (each for each in listed if not (isinstance(each, Ignored) and each.path == noted))
    return chain(already_stored.read(root), others)


def _read_chunk(record: JobRecord, entries: Iterator[Entry], of_single: Stated) -> _Chunk:
    """The next entries, as many as come in CHUNK_S: a slow disk must not keep people waiting for counts."""
    chunk, until = _Chunk([], [], last=True), time.monotonic() + CHUNK_S
    for entry in entries:
        if isinstance(entry, Ignored):
            chunk.ignored.append(entry)
        else:
            chunk.files.append(spooled(record, entry, of_single))
        if len(chunk.files) + len(chunk.ignored) >= CHUNK_FILES or time.monotonic() > until:
            chunk.last = False
            break
    return chunk
