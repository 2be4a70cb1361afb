"""Job-status as the scanner reads it: one tail, shared by all its running jobs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka.structs import ConsumerRecord

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.events import JobEvent
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.topics import JOB_STATUS

log = logging.getLogger(__name__)

READ_SECONDS = 0.2
MAX_RECORDS = 500

Sink = Callable[[list[JobEvent]], Awaitable[None]]
"""Takes a job's next events, in order, each once."""


@dataclass(slots=True)
class _Subscription:
    """`next_offset`: everything of the job's before it has been fed."""

    partition: int
    next_offset: int
    sink: Sink


class JobStatus:
    """Feeds each subscribed job the events of its own, from where it begins."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._jobs: dict[bytes, _Subscription] = {}
        self._waiting: list[tuple[dict[int, int], asyncio.Future[None]]] = []
        self._feeding = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, connection: Connection) -> AsyncIterator["JobStatus"]:
        """Feeds no one until `run` runs."""
        # Partitions come and go with the jobs, and each waits for the fetch of those before.
        async with Tail.open(connection, JOB_STATUS, fetch_max_wait_ms=50) as tail:
            yield cls(tail)

    async def run(self) -> None:
        """Read and feed until cancelled."""
        while True:
            found = await self._tail.read(READ_SECONDS, MAX_RECORDS)
            # Who is fed is settled now: one that subscribes from here on sends the tail back to read again.
            jobs = dict(self._jobs)
            for partition, records in found.items():
                await self._feed(partition, records, jobs)
            await self._release()

    def subscribe(self, job_id: str, partition: int, offset: int, sink: Sink) -> None:
        """Feed `sink` the job's events from `offset` on."""
        self._jobs[job_id.encode()] = _Subscription(partition, offset, sink)
        self._tail.follow({partition: offset})

    async def unsubscribe(self, job_id: str) -> None:
        """Feed the job no more; when this returns, its sink is not being called."""
        gone = self._jobs.pop(job_id.encode(), None)
        if gone is not None and all(other.partition != gone.partition for other in self._jobs.values()):
            self._tail.unfollow([gone.partition])
        async with self._feeding:
            return

    async def end(self, partition: int) -> int:
        """The offset that the partition's next record will get."""
        return (await self._tail.end_offsets([partition]))[partition]

    async def caught_up(self, job_id: str) -> None:
        """Return once every event of a subscribed job that is there now has been fed to it."""
        job = self._jobs[job_id.encode()]
        ends = await self._tail.end_offsets([job.partition])
        if job.next_offset >= ends[job.partition]:
            # The tail may read in vain for READ_SECONDS before it looks who waits.
            return
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((ends, reached))
        await reached

    async def _feed(
        self, partition: int, records: list[ConsumerRecord], jobs: Mapping[bytes, _Subscription]
    ) -> None:
        by_job: dict[bytes, list[ConsumerRecord]] = {}
        for record in records:
            job = jobs.get(record.key)
            if job is not None and job.partition == partition and record.offset >= job.next_offset:
                by_job.setdefault(record.key, []).append(record)
        for key, own in by_job.items():
            async with self._feeding:
                if self._jobs.get(key) is jobs[key]:
                    # Half a megabyte of outcomes takes long enough to decode that others would wait.
                    await jobs[key].sink(await asyncio.to_thread(_events, own))
        for job in jobs.values():
            if job.partition == partition:
                job.next_offset = max(job.next_offset, records[-1].offset + 1)

    async def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for ends, reached in waiting:
            # A partition that no one follows any more has no one left to catch up.
            if not ends.keys() <= self._tail.followed or await self._tail.has_reached(ends):
                if not reached.done():
                    reached.set_result(None)
            else:
                self._waiting.append((ends, reached))


def _events(records: list[ConsumerRecord]) -> list[JobEvent]:
    """What can be read of them; a job must not stop for somebody's broken event."""
    found = []
    for record in records:
        try:
            found.append(events.decode_event(record.value or b""))
        except SluiceError as error:
            log.warning("%s/%s@%s is passed over: %s", record.topic, record.partition, record.offset, error)
    return found
