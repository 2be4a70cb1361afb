"""Reading what a topic holds under one key, up to its present end."""

from collections.abc import AsyncIterator

from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.topics import Topic, key_partition


async def values(
    connection: Connection, topic: Topic, key: str, since: int | None = None
) -> AsyncIterator[bytes | None]:
    """The values of the key's records, in the order they came.

    From the offset `since` of the key's own partition on; None: of all partitions, from their beginnings.
    """
    async with Tail.open(connection, topic) as tail:
        partitions = await tail.partitions()
        own = key_partition(key, len(partitions))
        starts = dict.fromkeys(partitions, 0) if since is None else {own: since}
        async for record in tail.records(starts, await tail.end_offsets(starts)):
            if record.key == key.encode():
                yield record.value
