"""Following ingest and job-status into the view, and knowing how far that is."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from aiokafka.structs import ConsumerRecord

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import ScanRequest, decode, decode_event
from libs.common.ids import job_id_for_record
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import SAME_PARTITIONS_MS, Records, Tail
from libs.common.runtime.coalesced import Coalesced
from libs.common.runtime.retry import FIRST_PAUSE_S, pauses
from libs.common.runtime.service import pause, supervise
from libs.common.topics import Topic
from services.gateway.api.deadlines import SECONDS, deadline
from services.gateway.view import queries
from services.gateway.view.view import View
from services.gateway.view.writer import Change, Happened, Requested

log = logging.getLogger(__name__)

READ_SECONDS = 0.25
"""A wait for an offset that holds no record (a transaction's marker) ends with a read that finds nothing."""
BATCH = 2000
READ_AHEAD = 8
"""Reads that wait to be folded, at most."""

Changes = Callable[[ConsumerRecord], Change | None]


class Follower:
    """Folds one topic into the view, from where the view stands, in a task of its own."""

    def __init__(
        self, tail: Tail, topic: Topic, view: View, change: Changes, folded: Mapping[int, int]
    ) -> None:
        """`folded`: by partition, the offset that the view stands at."""
        self._tail = tail
        self._topic = topic
        self._view = view
        self._change = change
        self._unfolded: asyncio.Queue[Records | None] = asyncio.Queue(READ_AHEAD)
        self._behind = 0
        self._folded = dict(folded)
        self._moved = asyncio.Condition()
        self._failure: BaseException | None = None
        self._held: UnavailableError | None = None
        self._ends = Coalesced[None, dict[int, int]](lambda _: tail.end_offsets(tail.followed))
        self._task: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, connection: Connection, topic: Topic, view: View, change: Changes
    ) -> AsyncIterator["Follower"]:
        """A follower that has started, not yet caught up."""
        async with Tail.open(connection, topic, fetch_max_wait_ms=SAME_PARTITIONS_MS) as tail:
            known = await view.ask(queries.offsets, topic.name)
            follower = cls(tail, topic, view, change, known)
            tail.follow(dict.fromkeys(await tail.partitions(), 0) | known)
            stop = asyncio.Event()
            follower._task = asyncio.create_task(follower._run(stop), name=f"follow {topic.name}")
            try:
                yield follower
            finally:
                # Not cancelled: a read that is cancelled loses what it had fetched.
                stop.set()
                await asyncio.gather(follower._task, return_exceptions=True)

    @property
    def partitions(self) -> frozenset[int]:
        """The topic's partitions."""
        return self._tail.followed

    async def watch(self) -> None:
        """Return when following has ended; raises what ended it too soon."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def catch_up(
        self, partitions: Collection[int] | None = None, timeout_s: float | None = SECONDS
    ) -> dict[int, int]:
        """Return once everything written before this call is in the view, with the end offsets it had.

        Raises UnavailableError broker_unavailable if that takes longer than `timeout_s`, and disk_full while
        the view has no room. A first catch-up, which folds all there is, takes as long as it takes: None.
        """
        async with deadline(f"reading {self._topic.name} to its end", timeout_s):
            ends = await self._ends(None)
            if partitions is not None:
                ends = {partition: ends[partition] for partition in partitions}
            await self.reach(ends)
            return ends

    async def reach(self, ends: dict[int, int]) -> None:
        """Return once everything before these offsets is in the view."""
        async with self._moved:
            while not await self._holds(ends):
                if self._failure is not None:
                    raise SluiceError(Code.INTERNAL, f"{self._topic.name} is followed no more")
                if self._held is not None:
                    raise UnavailableError(self._held.code, self._held.detail)
                await self._moved.wait()

    async def _holds(self, ends: dict[int, int]) -> bool:
        """Whether the view has everything before these offsets.

        What was folded says so also while more is being folded, as it is all the time in a large job; the
        tail's position, ahead of the view only then, also moves over offsets without a record.
        """
        if all(self._folded.get(partition, 0) >= end for partition, end in ends.items()):
            return True
        return not self._behind and await self._tail.has_reached(ends) and not self._behind

    async def _run(self, stop: asyncio.Event) -> None:
        try:
            await supervise(self._fold_all(stop), self._read(stop))
        except Exception as error:
            log.exception("%s is followed no more", self._topic.name)
            self._failure = error
            raise
        finally:
            async with self._moved:
                self._moved.notify_all()

    async def _read(self, stop: asyncio.Event) -> None:
        """Read on while what was read is folded, until `stop`.

        The client leaves a partition whose records no one takes out of its next fetch, which then waits for
        the other partitions: those of a large job would come in lumps, half a second apart.
        """
        while not stop.is_set():
            records = await self._tail.read(READ_SECONDS, BATCH)
            self._behind += 1
            await self._unfolded.put(records)
        await self._unfolded.put(None)

    async def _fold_all(self, stop: asyncio.Event) -> None:
        while (records := await self._unfolded.get()) is not None:
            if not await self._fold(records, stop):
                return

    async def _fold(self, records: Records, stop: asyncio.Event) -> bool:
        """Whether the records are in the view; if not, none that come after them may be."""
        if records:
            offsets = {partition: batch[-1].offset + 1 for partition, batch in records.items()}
            if not await self._written(records, offsets, stop):
                return False
            self._folded |= offsets
        self._behind -= 1
        async with self._moved:
            self._moved.notify_all()
        return True

    async def _written(self, records: Records, offsets: dict[int, int], stop: asyncio.Event) -> bool:
        """Fold the records as soon as there is room; until then who waits for them is told why.

        False if `stop` came first: what is not in the view is read again at the next start.
        """
        for pause_s in pauses(FIRST_PAUSE_S):
            try:
                await self._view.write(self._changes(records.values()), self._topic.name, offsets)
            except UnavailableError as error:
                log.warning("%s waits: %s", self._topic.name, error.detail)
                await self._hold(error)
            else:
                self._held = None
                return True
            if await pause(stop, pause_s):
                break
        return False

    async def _hold(self, reason: UnavailableError) -> None:
        async with self._moved:
            self._held = reason
            self._moved.notify_all()

    def _changes(self, batches: Iterable[list[ConsumerRecord]]) -> Iterable[Change]:
        """Decoded one by one in the view's thread, which iterates over them."""
        return (change for batch in batches for record in batch if (change := self._change(record)))


def requested(record: ConsumerRecord) -> Requested | None:
    """The job that an ingest record asks for; None for one that the scanner will refuse."""
    if record.value is None:
        return None
    try:
        request = decode(record.value, ScanRequest)
    except SluiceError:
        # The scanner, whose topic this is, puts it among the dead letters.
        return None
    job_id = request.job_id or job_id_for_record(record.topic, record.partition, record.offset)
    return Requested(str(job_id), request, record.timestamp / 1000)


def happened(record: ConsumerRecord) -> Happened | None:
    """The event in a job-status record; None, said so, if it is none that this release knows."""
    if record.value is None:
        return None
    try:
        event = decode_event(record.value)
        UUID(event.job_id)
    except (SluiceError, ValueError) as error:
        log.warning("%s/%s@%s is skipped: %s", record.topic, record.partition, record.offset, error)
        return None
    return Happened(event, record.offset, record.timestamp / 1000, record.partition)
