"""A compacted topic as a dict in memory."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Generic, TypeVar

from aiokafka.structs import ConsumerRecord

from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import SAME_PARTITIONS_MS, Records, Tail
from libs.common.kafka.time_limit import time_limit
from libs.common.topics import Topic

V = TypeVar("V")
log = logging.getLogger(__name__)

READ_SECONDS = 60.0


class Table(Generic[V]):
    """The latest value of each key of a compacted topic, kept up to date by a task of its own."""

    def __init__(self, tail: Tail, decode: Callable[[bytes], V]) -> None:
        self._tail = tail
        self._decode = decode
        self._rows: dict[str, V] = {}
        self._moved = asyncio.Condition()
        self._changes = 0
        self._failure: BaseException | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, connection: Connection, topic: Topic, decode: Callable[[bytes], V]
    ) -> AsyncIterator["Table[V]"]:
        """A table that has been read to the topic's end and goes on following it."""
        async with Tail.open(connection, topic, fetch_max_wait_ms=SAME_PARTITIONS_MS) as tail:
            table = cls(tail, decode)
            tail.follow(dict.fromkeys(await tail.partitions(), 0))
            reader = asyncio.create_task(table._run(), name=f"table {topic.name}")
            try:
                await table.refresh()
                yield table
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    @property
    def rows(self) -> Mapping[str, V]:
        """Key to latest value; a live view. SluiceError internal where it is kept up to date no more."""
        self._check()
        return MappingProxyType(self._rows)

    @property
    def changes(self) -> int:
        """A number that grows with each change of any row."""
        return self._changes

    async def refresh(self, timeout_s: float = READ_SECONDS) -> None:
        """Return once everything written before this call is in `rows`."""
        ends = await self._tail.end_offsets(self._tail.followed)
        late = f"a table could not be read to its end in {timeout_s:.0f} s"
        async with time_limit(timeout_s, late), self._moved:
            while not await self._tail.has_reached(ends):
                self._check()
                await self._moved.wait()
        self._check()

    async def changed(self, timeout_s: float) -> bool:
        """Wait for the next change of any row, at most `timeout_s`; whether there was one."""
        seen = self._changes
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                while self._changes == seen:
                    self._check()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        try:
            while True:
                # Also where nothing came: an offset without a record (a marker) is reached all the same.
                await self._apply(await self._tail.read(1.0))
        except Exception as error:
            self._failure = error
            async with self._moved:
                self._moved.notify_all()
            raise

    async def _apply(self, records: Records) -> None:
        for batch in records.values():
            for record in batch:
                apply(self._rows, record, self._decode)
        self._changes += bool(records)
        async with self._moved:
            self._moved.notify_all()

    def _check(self) -> None:
        if self._failure is not None:
            raise SluiceError(Code.INTERNAL, f"a table's reader ended: {self._failure}") from self._failure


def apply(rows: dict[str, V], record: ConsumerRecord, decode: Callable[[bytes], V]) -> None:
    """Put one record of a compacted topic into `rows`; a value that cannot be read is left out, said so."""
    key = (record.key or b"").decode(errors="backslashreplace")
    if record.value is None:
        rows.pop(key, None)
        return
    try:
        rows[key] = decode(record.value)
    except SluiceError as error:
        log.warning("%s/%s@%s is skipped: %s", record.topic, record.partition, record.offset, error.detail)


def read_limit() -> AbstractAsyncContextManager[None]:
    """A limit of READ_SECONDS for a block that reads to an end; UnavailableError when it is over."""
    return time_limit(READ_SECONDS, f"Kafka could not be read to the end in {READ_SECONDS:.0f} s")


async def read_partition(
    connection: Connection, topic: Topic, partition: int, decode: Callable[[bytes], V]
) -> dict[str, V]:
    """The rows of one partition of a compacted topic, read once from its start to its present end."""
    rows: dict[str, V] = {}
    async with read_limit(), Tail.open(connection, topic) as tail:
        async for record in tail.records({partition: 0}, await tail.end_offsets([partition])):
            apply(rows, record, decode)
    return rows
