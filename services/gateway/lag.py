"""How many records each stage's group has yet to take."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.topics import IMAGES, INGEST, ML_RESULTS, PATHS, POINTS

SECONDS = 5.0
INPUTS = {
    "scanner": (INGEST,),
    "processor": (PATHS,),
    "inferencer": (IMAGES,),
    "upserter": (ML_RESULTS, POINTS),
}


async def lags(connection: Connection) -> dict[str, int]:
    """Records by stage; empty where the brokers do not say in time."""
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            return {stage: await _lag(admin, connection, stage) for stage in INPUTS}
    except (KafkaError, UnavailableError, TimeoutError):
        # The list of services is most wanted when something is wrong: it comes without lags then.
        return {}


async def _lag(admin: AIOKafkaAdminClient, connection: Connection, stage: str) -> int:
    names = [connection.names.of(topic) for topic in INPUTS[stage]]
    committed = await admin.list_consumer_group_offsets(connection.names.group(stage))
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics(names)
        for partition in topic["partitions"]
    ]
    first, last = await _bounds(connection, partitions)
    return sum(
        max(0, last[tp] - max(first[tp], committed[tp].offset if tp in committed else 0)) for tp in partitions
    )


async def _bounds(
    connection: Connection, partitions: list[TopicPartition]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    async with connection.consumer() as consumer:
        return await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
