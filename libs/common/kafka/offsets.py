"""Where the groups are: what they have committed, next to what their topics hold."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.structs import TopicPartition

from libs.common.kafka.connection import Connection
from libs.common.kafka.topics.rights import warn_missing
from libs.common.topics import Topic

Offsets = dict[TopicPartition, int]


async def committed(admin: AIOKafkaAdminClient, connection: Connection, stage: str) -> Offsets:
    """Per partition the next record that the stage's group will take; absent where it took none yet."""
    group = connection.names.group(stage)
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except GroupAuthorizationFailedError:
        warn_missing("Describe", "group", group, "how far it is, and lost files, are not known")
        raise
    return {tp: at.offset for tp, at in offsets.items() if at.offset >= 0}


async def bounds(
    admin: AIOKafkaAdminClient, connection: Connection, topics: Iterable[Topic]
) -> tuple[Offsets, Offsets]:
    """Per partition of the topics the first offset that is still there, and the one after the last."""
    names = [connection.names.of(topic) for topic in topics]
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics(names)
        for partition in topic["partitions"]
    ]
    async with connection.consumer() as consumer:
        return await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)


def left(taken: Offsets, first: Offsets, last: Offsets) -> int:
    """How many records of these partitions are still to be taken."""
    return sum(max(0, last[tp] - max(first[tp], taken.get(tp, 0))) for tp in last)
