"""Waiting for the ends of jobs that other scanners may run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.topics import JOB_STATUS, key_partition

READ_SECONDS = 0.2


class Endings:
    """Reads job-status as long as the end of any job is waited for."""

    def __init__(self, tail: Tail, partitions: int) -> None:
        self._tail = tail
        self._partitions = partitions
        self._waiting: dict[bytes, tuple[int, asyncio.Event]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, connection: Connection, partitions: int) -> AsyncIterator["Endings"]:
        """Reads nothing until `run` runs; `partitions` are those of job-status."""
        async with Tail.open(connection, JOB_STATUS) as tail:
            yield cls(tail, partitions)

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            for partition, records in (await self._tail.read(READ_SECONDS)).items():
                for record in records:
                    if record.key in self._waiting and _is_end(record.value or b""):
                        self._ended(partition, record.key)

    async def of(self, job_id: str) -> asyncio.Event:
        """Set once the job, which is not requested yet, has ended."""
        partition = key_partition(job_id, self._partitions)
        offset = (await self._tail.end_offsets([partition]))[partition]
        ended = asyncio.Event()
        self._waiting[job_id.encode()] = partition, ended
        self._tail.follow({partition: offset})
        return ended

    def forget(self, job_id: str) -> None:
        """No one waits for the job's end any more."""
        if (waiting := self._waiting.get(job_id.encode())) is not None:
            self._ended(waiting[0], job_id.encode())

    def _ended(self, partition: int, key: bytes) -> None:
        _, ended = self._waiting.pop(key)
        ended.set()
        if all(other != partition for other, _ in self._waiting.values()):
            self._tail.unfollow([partition])


def _is_end(body: bytes) -> bool:
    if b'"finished"' not in body and b'"rejected"' not in body:
        return False
    try:
        return isinstance(events.decode_event(body), events.Finished | events.Rejected)
    except SluiceError:
        return False
