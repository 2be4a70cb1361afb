"""Reading partitions without a group, from offsets that the reader remembers itself."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

from libs.common.kafka.connection import Connection, broker_errors
from libs.common.topics import Topic

Records = dict[int, list[ConsumerRecord]]
"""Records by partition, in offset order."""

SAME_PARTITIONS_MS = 1000
"""How long a fetch may wait for records where the partitions that are followed stay the same.

Records end the wait at once. A partition that is newly followed waits for the fetch before it: see
Connection.consumer for those.
"""
STEP_SECONDS = 0.2
"""How long a read to an end waits before it looks whether that is reached."""


class Tail:
    """Follows some partitions of one topic. It has one reader: calls of `read` must not overlap."""

    def __init__(
        self, consumer: AIOKafkaConsumer, asker: AIOKafkaConsumer, topic_name: str, where: str
    ) -> None:
        self._consumer = consumer
        self._asker = asker
        self._topic = topic_name
        self._where = where
        self._next: dict[int, int] = {}
        self._followed_any = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, connection: Connection, topic: Topic, **options: Any) -> AsyncIterator["Tail"]:
        """A tail that follows nothing yet, with `options` of its reader; stopped at the end."""
        # A broker answers one connection in order: asked on the one that fetches, it would answer only
        # once the fetch that waits there is over.
        async with connection.consumer(**options) as consumer, connection.consumer() as asker:
            yield cls(consumer, asker, connection.names.of(topic), connection.bootstrap_servers)

    @property
    def followed(self) -> frozenset[int]:
        """The partitions being followed."""
        return frozenset(self._next)

    async def partitions(self) -> frozenset[int]:
        """All partitions of the topic, as the brokers have it now."""
        with broker_errors(self._where):
            # The consumer's own call answers only for topics that it reads already.
            cluster = await self._asker._client.fetch_all_metadata()  # noqa: SLF001
        return frozenset(cluster.partitions_for_topic(self._topic) or ())

    def follow(self, offsets: dict[int, int]) -> None:
        """Also follow these partitions from these offsets.

        A partition that is followed already goes back if its offset here is lower, and is never moved
        forward; its reader then sees those records again.
        """
        if any(offset < self._next.get(partition, offset + 1) for partition, offset in offsets.items()):
            earliest = {p: min(offset, self._next.get(p, offset)) for p, offset in offsets.items()}
            self._assign(self._next | earliest)

    def unfollow(self, partitions: Iterable[int]) -> None:
        """Follow these partitions no more."""
        gone = set(partitions)
        if gone & self._next.keys():
            self._assign({p: offset for p, offset in self._next.items() if p not in gone})

    async def end_offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        """For each partition the offset that its next record will get."""
        with broker_errors(self._where):
            ends = await self._asker.end_offsets([self._tp(p) for p in partitions])
        return {tp.partition: offset for tp, offset in ends.items()}

    async def first_offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        """For each partition the offset of its first record that is left, or that its next will get."""
        with broker_errors(self._where):
            starts = await self._asker.beginning_offsets([self._tp(p) for p in partitions])
        return {tp.partition: offset for tp, offset in starts.items()}

    async def read(self, timeout_s: float, max_records: int | None = None) -> Records:
        """The next records, waiting at most `timeout_s` for the first; empty if none came."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._followed_any.wait()
        except TimeoutError:
            return {}
        found = await self._consumer.getmany(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        records = {tp.partition: batch for tp, batch in found.items() if tp.partition in self._next}
        self._next |= {partition: batch[-1].offset + 1 for partition, batch in records.items()}
        return records

    async def records(self, starts: dict[int, int], ends: dict[int, int]) -> AsyncIterator[ConsumerRecord]:
        """Follow partitions from these offsets, and give what they hold before those."""
        self.follow(starts)
        while not await self.has_reached(ends):
            for records in (await self.read(STEP_SECONDS)).values():
                for record in records:
                    yield record

    async def has_reached(self, ends: dict[int, int]) -> bool:
        """Whether everything before these offsets has been returned by `read`.

        Asks the consumer, whose position also moves over offsets whose records no longer exist.
        """
        return all([await self._consumer.position(self._tp(p)) >= end for p, end in ends.items()])

    def _assign(self, offsets: dict[int, int]) -> None:
        self._next = offsets
        self._consumer.assign([self._tp(p) for p in offsets])
        for partition, offset in offsets.items():
            self._consumer.seek(self._tp(partition), offset)
        if offsets:
            self._followed_any.set()
        else:
            self._followed_any.clear()

    def _tp(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)
