"""Reading what could not be handled from its topic."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.events import DeadLetter
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.table import read_limit
from libs.common.kafka.tables.tail import Tail
from libs.common.topics import DEAD_LETTERS


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A dead letter and its own place, `partition/offset` on dead-letters: how it is called."""

    place: str
    dead: DeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetterTopic:
    """What lies on dead-letters, the oldest first; `unreadable` counts those of other releases.

    `total` counts also those that were not asked for.
    """

    found: Sequence[ListedLetter]
    unreadable: int
    total: int


async def read(connection: Connection, latest: int | None = None) -> DeadLetterTopic:
    """All dead letters there are now, or the latest so many of each partition."""
    found, unreadable = [], 0
    async with read_limit(), Tail.open(connection, DEAD_LETTERS) as tail:
        ends = await tail.end_offsets(await tail.partitions())
        starts = await tail.first_offsets(ends)
        total = sum(end - starts[partition] for partition, end in ends.items())
        if latest is not None:
            starts = {partition: max(starts[partition], end - latest) for partition, end in ends.items()}
        async for record in tail.records(starts, ends):
            try:
                dead = events.decode(record.value or b"", DeadLetter)
            except SluiceError:
                unreadable += 1
            else:
                found.append(ListedLetter(f"{record.partition}/{record.offset}", dead))
    return DeadLetterTopic(sorted(found, key=lambda each: each.dead.at), unreadable, total)
