"""Counting, across processes, how often work on a partition's first record was begun and never ended.

A record that takes its whole process down (by its memory, say) would go through every member of the group,
one after the other. Nothing but the broker survives that, so the count is kept there, in the metadata of the
partition's committed offset.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection

SINGLY_FROM = 2
"""Begun this often in vain, records are worked on one by one, to find the one to blame."""
GIVE_UP_FROM = 4
"""Begun this often in vain, the record is to blame, and fails."""
CAREFUL_RECORDS = 512
"""How many records are worked on one by one then: the one to blame need not be the first."""
_PREFIX = "tries="


@dataclass(slots=True)
class Tries:
    """The counts of the partitions that this member holds."""

    _counts: dict[TopicPartition, tuple[int, int]] = field(default_factory=dict)
    _marked: set[TopicPartition] = field(default_factory=set)
    _careful_left: int = 0

    async def load(self, connection: Connection, stage: str, held: Iterable[TopicPartition]) -> None:
        """Read the counts of partitions that were just given; none where the brokers do not say."""
        self._counts.clear()
        self._marked.clear()
        try:
            async with connection.admin() as admin:
                found = await admin.list_consumer_group_offsets(connection.names.group(stage))
        except (KafkaError, UnavailableError):
            # Only a crash in a row with others matters, and then the next member reads them.
            return
        self._counts = {tp: (found[tp].offset, _count(found[tp].metadata)) for tp in held if tp in found}
        suspected = any(count >= SINGLY_FROM for _, count in self._counts.values())
        self._careful_left = CAREFUL_RECORDS if suspected else 0

    @property
    def careful(self) -> bool:
        """Whether records must be worked on one by one now."""
        return self._careful_left > 0

    def is_to_blame(self, partition: TopicPartition, offset: int) -> bool:
        """Whether this record has been begun in vain too often."""
        head, count = self._counts.get(partition, (-1, 0))
        return head == offset and count >= GIVE_UP_FROM

    def of(self, partition: TopicPartition, offset: int) -> int:
        """How often work on this record was begun in vain, as far as that is counted."""
        head, count = self._counts.get(partition, (-1, 0))
        begun_now = partition in self._marked
        return max(0, count - begun_now) if head == offset else 0

    async def begin(self, consumer: AIOKafkaConsumer, places: Iterable[tuple[TopicPartition, int]]) -> None:
        """Count one more try for each partition of which the first open record is among `places`."""
        heads: dict[TopicPartition, int] = {}
        for partition, offset in places:
            known, count = self._counts.get(partition, (offset, 0))
            if known == offset and partition not in self._marked:
                heads[partition] = offset
                self._counts[partition] = (offset, count + 1)
        self._marked |= heads.keys()
        await self._write(consumer, heads)

    def ended(self, partition: TopicPartition, next_offset: int) -> None:
        """The records before `next_offset` are done and committed, without a count."""
        if self._counts.get(partition, (next_offset, 0))[0] < next_offset:
            del self._counts[partition]
        if self.careful:
            self._careful_left -= 1
            self._marked.discard(partition)

    async def take_back(self, consumer: AIOKafkaConsumer) -> None:
        """What was begun is let go on purpose: that is no try."""
        held = consumer.assignment()
        begun = [tp for tp in self._marked if tp in self._counts and tp in held]
        self._marked.clear()
        for partition in begun:
            offset, count = self._counts[partition]
            self._counts[partition] = (offset, max(0, count - 1))
        await self._write(consumer, {tp: self._counts[tp][0] for tp in begun})

    async def _write(self, consumer: AIOKafkaConsumer, heads: dict[TopicPartition, int]) -> None:
        if not heads:
            return
        offsets = {
            tp: OffsetAndMetadata(offset, f"{_PREFIX}{self._counts[tp][1]}") for tp, offset in heads.items()
        }
        try:
            await consumer.commit(offsets)
        except KafkaError:
            # The partitions have moved, or the brokers are away: then no try is counted, and nothing is lost.
            return


def blame() -> SluiceError:
    """Why a record that was begun in vain too often fails."""
    return SluiceError(
        Code.CRASHED_WORKER, f"The process that worked on it ended {GIVE_UP_FROM} times before it was done"
    )


def _count(metadata: str | None) -> int:
    text = (metadata or "").removeprefix(_PREFIX)
    return int(text) if text.isdigit() else 0
