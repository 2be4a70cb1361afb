"""Small questions that tests ask of a broker."""

import asyncio
from pathlib import Path

from aiokafka.structs import ConsumerRecord

from libs.common import events
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.settings import StageSettings
from libs.common.topics import JOB_STATUS, Topic
from tests.support.broker import Broker
from tests.support.waiting import LIMIT_S


def settings(kafka: Broker, prefix: str, data_dir: Path, instance: str = "t0") -> StageSettings:
    """The settings of a replica on the test's own topics, four partitions each."""
    return StageSettings(
        kafka_bootstrap_servers=kafka.bootstrap_servers, topic_prefix=prefix, topic_partitions=4,
        instance=instance, data_dir=data_dir,
    )  # fmt: skip


async def connect(kafka: Broker, prefix: str, name: str = "test") -> Connection:
    """A connection whose topics are there."""
    connection = Connection.of(settings(kafka, prefix, Path("unused"), name), name)
    await ensure_topics(connection)
    return connection


async def records_of(connection: Connection, topic: Topic) -> list[ConsumerRecord]:
    """Everything that the topic holds now."""
    found: list[ConsumerRecord] = []
    async with Tail.open(connection, topic) as tail, asyncio.timeout(LIMIT_S):
        ends = await tail.end_offsets(await tail.partitions())
        tail.follow(dict.fromkeys(ends, 0))
        while not await tail.has_reached(ends):
            for batch in (await tail.read(0.1)).values():
                found += batch
    return found


async def job_events(connection: Connection) -> list[events.JobEvent]:
    """All job events so far."""
    return [events.decode_event(record.value) for record in await records_of(connection, JOB_STATUS)]
