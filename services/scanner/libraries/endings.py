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
        self._waiting: dict[bytes, tuple[int, asyncio.Future[events.FinalState | None]]] = {}

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
                    if record.key in self._waiting and (end := _end(record.value or b"")) is not None:
                        self._ended(partition, record.key, end)

    async def of(self, job_id: str) -> "asyncio.Future[events.FinalState | None]":
        """How the job, which is not requested yet, ends; None where no one waits for it any more."""
        partition = key_partition(job_id, self._partitions)
        offset = (await self._tail.end_offsets([partition]))[partition]
        ended = asyncio.get_running_loop().create_future()
        self._waiting[job_id.encode()] = partition, ended
        self._tail.follow({partition: offset})
        return ended

    def forget(self, job_id: str) -> None:
        """No one waits for the job's end any more."""
        if (waiting := self._waiting.get(job_id.encode())) is not None:
            self._ended(waiting[0], job_id.encode(), None)

    def _ended(self, partition: int, key: bytes, end: events.FinalState | None) -> None:
        _, ended = self._waiting.pop(key)
        ended.set_result(end)
        if all(other != partition for other, _ in self._waiting.values()):
            self._tail.unfollow([partition])


def _end(body: bytes) -> events.FinalState | None:
    """The state that the event ends its job in; None of any other event."""
    if b'"finished"' not in body and b'"rejected"' not in body:
        return None
    try:
        event = events.decode_event(body)
    except SluiceError:
        return None
    if isinstance(event, events.Rejected):
        return "failed"
    return event.state if isinstance(event, events.Finished) else None
