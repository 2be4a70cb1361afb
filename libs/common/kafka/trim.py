"""Freeing the disk of records that a stage has consumed; by themselves they would stay for days."""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.topics import Topic

log = logging.getLogger(__name__)

TRIM_SECONDS = 60.0


async def trim_forever(connection: Connection, stage: str, topics: Sequence[Topic]) -> None:
    """Every minute delete what the stage's group has committed, from the topics that it alone reads."""
    while True:
        await asyncio.sleep(TRIM_SECONDS)
        try:
            await trim(connection, stage, topics)
        except (KafkaError, UnavailableError) as error:
            log.info("%s: consumed records stay another minute: %s", stage, error)


async def trim(connection: Connection, stage: str, topics: Sequence[Topic]) -> None:
    """Delete, once, what the stage's group has committed."""
    names = {connection.names.of(topic) for topic in topics}
    async with connection.admin() as admin:
        committed = await _committed(admin, connection.names.group(stage))
        consumed = {tp: RecordsToDelete(offset) for tp, offset in committed.items() if tp.topic in names}
        if consumed:
            await admin.delete_records(consumed)


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    offsets = await admin.list_consumer_group_offsets(group)
    return {tp: at.offset for tp, at in offsets.items() if at.offset > 0}
