"""Freeing the disk of records that a stage has consumed; by themselves they would stay for days."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from aiokafka.admin import RecordsToDelete
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import committed
from libs.common.kafka.topics.rights import warn_missing
from libs.common.topics import Topic

log = logging.getLogger(__name__)

TRIM_SECONDS = 60.0
TRIM_BYTES = 512 << 20
"""Consumed bytes after which it is trimmed sooner: 10,000 pictures a second are 43 GB a minute."""
LOOK_SECONDS = 1.0


async def trim_forever(
    connection: Connection, stage: str, topics: Sequence[Topic], consumed: Callable[[], int]
) -> None:
    """Every minute, and each TRIM_BYTES, delete what the stage's group has committed.

    From the topics that it alone reads. `consumed`: the bytes of records that this replica has committed.
    """
    while True:
        await _due(consumed)
        for topic in topics:
            await trim_or_say(connection, stage, topic)


async def _due(consumed: Callable[[], int]) -> None:
    before = consumed()
    for _ in range(int(TRIM_SECONDS / LOOK_SECONDS)):
        await asyncio.sleep(LOOK_SECONDS)
        if consumed() - before >= TRIM_BYTES:
            return


async def trim_or_say(connection: Connection, stage: str, topic: Topic) -> None:
    """Delete what was consumed; why it stays otherwise, and a missing right as a warning."""
    try:
        await trim(connection, stage, (topic,))
    except TopicAuthorizationFailedError:
        warn_missing("Delete", "topic", connection.names.of(topic), "its consumed records take disk for days")
    except (KafkaError, UnavailableError) as error:
        log.info("%s: consumed records stay another minute: %s", stage, error)


async def trim(connection: Connection, stage: str, topics: Sequence[Topic]) -> None:
    """Delete, once, what the stage's group has committed."""
    names = {connection.names.of(topic) for topic in topics}
    async with connection.admin() as admin:
        taken = await committed(admin, connection, stage)
        consumed = {tp: RecordsToDelete(at) for tp, at in taken.items() if tp.topic in names and at}
        if consumed:
            await admin.delete_records(consumed)
