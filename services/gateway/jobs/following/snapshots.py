"""Publishing each job's snapshot to `jobs`, and reading the last ones of jobs whose events are gone.

Compaction keeps the last write, not the newest state, so a job has one writer at a time: the replica that
owns its job-status partition in the gateways' group. What it writes it takes from its view.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.errors import UnavailableError
from libs.common.events import TERMINAL, JobSnapshot, decode
from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.stale_members import group_consumer
from libs.common.kafka.tables.table import read_partition
from libs.common.kafka.tables.tail import Tail
from libs.common.stages import GATEWAY
from libs.common.topics import JOB_STATUS, JOBS, key_partition
from services.gateway.jobs.records import snapshot
from services.gateway.view import queries
from services.gateway.view.fold import Job
from services.gateway.view.follower import Follower
from services.gateway.view.view import View

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


@dataclass(slots=True)
class OwnedPartitions:
    """The partitions of job-status that this replica has in the gateways' group; none while they move.

    `changed` is set when they are others, or when one of their jobs has ended whose end is to be reported.
    `let_go` finishes what is under way for them before another replica has them.
    """

    partitions: frozenset[int] = frozenset()
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: Callable[[], Awaitable[None]] | None = None

    def assign(self, assigned: Iterable[TopicPartition]) -> None:
        """These from now on."""
        self.partitions = frozenset(each.partition for each in assigned)
        self.changed.set()

    async def revoke(self) -> None:
        """None from now on."""
        self.partitions = frozenset()
        if self.let_go is not None:
            await self.let_go()


class Snapshots(ConsumerRebalanceListener):  # type: ignore[misc]
    """A member of the gateways' group: reads which jobs moved, writes their snapshots, then commits."""

    def __init__(
        self,
        connection: Connection,
        publisher: Publisher,
        view: View,
        follower: Follower,
        owned: OwnedPartitions,
    ) -> None:
        self._owned = owned
        self._connection = connection
        self._publisher = publisher
        self._view = view
        self._follower = follower
        self._writing = asyncio.Lock()
        self._moved: dict[TopicPartition, set[str]] = {}
        self._next: dict[TopicPartition, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Write snapshots until `stop`; what was not committed is written again by the next owner."""
        async with group_consumer(self._connection, GATEWAY.name) as consumer:
            consumer.subscribe([self._connection.names.of(JOB_STATUS)], listener=self)
            while not stop.is_set():
                await self._gather(consumer, stop)
                await self._write(consumer)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish the write and the calls under way, so that the next owner's are the later ones."""
        await self._owned.revoke()
        async with self._writing:
            for partition in revoked:
                self._moved.pop(partition, None)
                self._next.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Nothing to prepare for snapshots, which come from the view."""
        self._owned.assign(assigned)

    async def _gather(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + EVERY_SECONDS
        while (left := until - clock()) > 0 and not stop.is_set():
            found = await consumer.getmany(timeout_ms=int(min(left, 0.25) * 1000))
            for partition, records in found.items():
                keys = {record.key.decode(errors="replace") for record in records if record.key}
                self._moved.setdefault(partition, set()).update(keys)
                self._next[partition] = records[-1].offset + 1

    async def _write(self, consumer: AIOKafkaConsumer) -> None:
        async with self._writing:
            if not self._next:
                return
            try:
                await self._follower.reach({tp.partition: offset for tp, offset in self._next.items()})
                jobs = await self._jobs()
                await self._publisher.publish([snapshot(job) for job in jobs])
                if any(job.owes_callback for job in jobs):
                    self._owned.changed.set()
                await consumer.commit({tp: OffsetAndMetadata(o, "") for tp, o in self._next.items()})
            except UnavailableError as error:
                log.warning("snapshots wait: %s", error.detail)
                return
            except KafkaError as error:
                # The partitions moved meanwhile, or the coordinator did: they are committed next time.
                log.info("snapshots are not committed yet: %r", error)
            self._moved.clear()
            self._next.clear()

    async def _jobs(self) -> list[Job]:
        moved = set[str]().union(*self._moved.values())
        found = [await self._view.ask(queries.job, job_id) for job_id in moved]
        return [job for job in found if job is not None and job.kept]


async def restore_finished(connection: Connection, view: View, follower: Follower) -> None:
    """Take the terminal snapshots of jobs whose events are gone into the view, which has caught up before.

    Only terminal ones: adding later events to a snapshot would count files twice.
    """
    folded_to = await follower.catch_up(timeout_s=None)
    async with Tail.open(connection, JOBS) as tail:
        partitions = await tail.partitions()
    for partition in partitions:
        snapshots = await read_partition(connection, JOBS, partition, _snapshot)
        await view.restore(
            [
                (found, folded_to[key_partition(job_id, len(folded_to))])
                for job_id, found in snapshots.items()
                if found.state in TERMINAL
            ]
        )


def _snapshot(body: bytes) -> JobSnapshot:
    return decode(body, JobSnapshot)
