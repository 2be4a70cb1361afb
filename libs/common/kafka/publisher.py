"""Publishing: everything is sent first, then all acknowledgements are awaited together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from libs.common.ids import file_partition
from libs.common.kafka.clock import BrokerClock
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.outgoing import FILE_ID_HEADER, JOB_ID_HEADER, Outgoing
from libs.common.kafka.time_limit import time_limit
from libs.common.metrics.declared import OUTCOMES, PUBLISHED, PUBLISHED_BYTES
from libs.common.metrics.instruments import Instruments
from libs.common.topics import Topic, TopicNames

ACK_SECONDS = 60.0


class Publisher:
    """Sends Outgoing records; a call returns when the brokers have every one of them."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        names: TopicNames,
        clock: BrokerClock | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        self.clock = clock or BrokerClock()
        self._producer = producer
        self._names = names
        self._instruments = instruments or Instruments()
        self._counts: dict[Topic, int] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        connection: Connection,
        clock: BrokerClock | None = None,
        instruments: Instruments | None = None,
        **options: Any,
    ) -> AsyncIterator["Publisher"]:
        """A publisher with a producer of its own. Its `clock` is set by every acknowledgement."""
        async with connection.producer(**options) as producer:
            yield cls(producer, connection.names, clock, instruments)

    async def warm(self, *topics: Topic) -> None:
        """Learn the topics' partitions now, so that the first publish does not wait for it."""
        await asyncio.gather(*(self.partitions(topic) for topic in topics))

    async def partitions(self, topic: Topic) -> int:
        """How many partitions the topic has."""
        if topic not in self._counts:
            with broker_errors("the address in KAFKA_BOOTSTRAP_SERVERS"):
                found = await self._producer.partitions_for(self._names.of(topic))
            self._counts[topic] = len(found)
        return self._counts[topic]

    async def counts(self) -> dict[str, int]:
        """How many partitions each topic has, by its full name, as the brokers have it now."""
        with broker_errors("the address in KAFKA_BOOTSTRAP_SERVERS"):
            cluster = await self._producer.client.fetch_all_metadata()
        return {name: len(cluster.partitions_for_topic(name) or ()) for name in cluster.topics()}

    async def publish(self, outgoing: Sequence[Outgoing]) -> list[RecordMetadata]:
        """Send the records and await all acks; UnavailableError if they do not come in time."""
        async with time_limit(ACK_SECONDS, f"Kafka has not acknowledged for {ACK_SECONDS:.0f} s"):
            with broker_errors("the address in KAFKA_BOOTSTRAP_SERVERS"):
                futures = [await self._send(record) for record in outgoing]
                acks = list(await asyncio.gather(*futures))
        self.clock.received(acks)
        self._count(outgoing)
        return acks

    def _count(self, outgoing: Sequence[Outgoing]) -> None:
        records, size, reported = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
        for each in outgoing:
            records[each.topic.name] += 1
            size[each.topic.name] += len(each.value or b"")
            if each.tally:
                reported.update(each.tally)
        for topic, count in records.items():
            self._instruments.count(PUBLISHED, topic, by=count)
            self._instruments.count(PUBLISHED_BYTES, topic, by=size[topic])
        for (outcome, code), count in reported.items():
            self._instruments.count(OUTCOMES, outcome, code, by=count)

    async def _send(self, record: Outgoing) -> asyncio.Future[RecordMetadata]:
        partition = record.partition
        if partition is None and record.file_id is not None:
            partition = file_partition(record.file_id, await self.partitions(record.topic))
        future: asyncio.Future[RecordMetadata] = await self._producer.send(
            self._names.of(record.topic),
            key=record.key.encode(),
            value=record.value,
            partition=partition,
            headers=_headers(record),
        )
        return future


def _headers(record: Outgoing) -> list[tuple[str, bytes]]:
    """Ids outside the body, so that an undecodable record is still somebody's."""
    if record.file_id is None:
        return list(record.headers)
    ids = [(FILE_ID_HEADER, record.file_id.encode()), (JOB_ID_HEADER, record.key.encode())]
    return [*ids, *record.headers]
