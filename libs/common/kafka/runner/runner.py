"""The runner of processor, inferencer, upserter and tasks: poll, decode, work, publish, commit.

1. Poll, also while every slot is busy, or the group expels the member.
2. Decode; what cannot be decoded becomes a dead letter and its file's outcome.
3. Await the worker on a batch; several batches may be in flight.
4. Publish all that the batch gave and await the acknowledgements.
5. Commit the contiguous prefix of what is done, with explicit offsets.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.structs import TopicPartition

from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Batch, Input
from libs.common.kafka.runner.filling import Filling, Pace
from libs.common.kafka.runner.finishing import Finishing
from libs.common.kafka.runner.in_flight import work_of
from libs.common.kafka.runner.taking import Taking
from libs.common.kafka.runner.tries import Tries
from libs.common.kafka.runner.worker import Worker
from libs.common.kafka.stale_members import group_consumer
from libs.common.messages import RecordT
from libs.common.metrics.declared import BATCH, REBALANCES, TAKEN_BYTES
from libs.common.runtime.service import Health, Work, pause

log = logging.getLogger(__name__)

REVOKE_SECONDS = 5.0
"""How long a working batch may hold up the whole group when partitions move."""
OUT_SECONDS = 1.0
"""How often a replica that has left the group looks whether it may come back."""
MOST_HELD_UP = 16
"""Batches at most that wait for something slow while others go past them."""
_UNASSIGNED = TopicPartition("-", 0)
"""A partition that no one has: polling it keeps the membership and takes nothing."""


def none_held_up() -> int:
    """Of a worker whose batches wait for nothing."""
    return 0


class Runner(Generic[RecordT]):
    """Runs one worker over one input until it is told to stop."""

    def __init__(
        self,
        connection: Connection,
        publisher: Publisher,
        worker: Worker[RecordT],
        source: Input[RecordT],
        health: Health,
        is_out: Callable[[], bool] = lambda: False,
        held_up: Callable[[], int] = none_held_up,
    ) -> None:
        self._connection = connection
        self._worker: Worker[RecordT] = worker
        self._input: Input[RecordT] = source
        self._health = health
        self._is_out = is_out
        self._batches_held_up = held_up
        health.work = self._work
        self._instruments = health.instruments
        self._partitions = 0
        self._next: dict[TopicPartition, int] = {}
        self._behind = 0
        self._tasks: dict[asyncio.Task[None], Batch[RecordT]] = {}
        self._epoch = 0
        self._held = False
        self._tries = Tries()
        self._pace = Pace(source.batch, source.most)
        self._filling = Filling(source, self._pace, self._tasks.values())
        self._taking = Taking(source, health.tracing, self._tries)
        self._finishing: Finishing[RecordT] = Finishing(
            source.name, connection, publisher, self._tries, health.instruments
        )
        self._wake = asyncio.Event()
        self._failure: BaseException | None = None
        self.committed_bytes = 0
        """Of the records whose batches were done."""

    async def run(self, stop: asyncio.Event, drain_s: float = REVOKE_SECONDS) -> None:
        """Work until `stop` is set; then what runs gets `drain_s`, what merely waits is let go.

        While `is_out` it is no member of the group. Raises what the worker raised, uncommitted, and
        UnavailableError when the brokers refuse.
        """
        while not stop.is_set():
            await self._be_member(stop, drain_s)
            await self._stay_away(stop)

    async def _be_member(self, stop: asyncio.Event, drain_s: float) -> None:
        names = [self._connection.names.of(topic) for topic in self._input.topics]
        async with group_consumer(
            self._connection, self._input.name, max_partition_fetch_bytes=4 * 1024 * 1024
        ) as consumer:
            try:
                consumer.subscribe(names, listener=_Rebalance(self, consumer))
                await self._loop(consumer, stop)
                await self.let_go(consumer, drain_s)
            finally:
                await self._end_tasks()

    async def _stay_away(self, stop: asyncio.Event) -> None:
        """Return once it may work again, or stops."""
        while self._is_out() and not stop.is_set():
            reason = self._worker.waiting or "it could not work"
            self._health.waiting(f"{reason}; other replicas have its partitions")
            await pause(stop, OUT_SECONDS)

    @property
    def stage(self) -> str:
        """Whose input it runs."""
        return self._input.name

    def hold(self) -> None:
        """Partitions were given: what is fetched from now on is ours."""
        self._epoch += 1
        self._held = True
        self._instruments.count(REBALANCES)
        self._wake.set()

    async def let_go(self, consumer: AIOKafkaConsumer, drain_s: float) -> None:
        """Give up everything in flight: waiting batches at once, working ones after `drain_s`."""
        self._epoch += 1
        self._held = False
        if self._worker.waiting is None and self._tasks:
            await asyncio.wait(self._tasks, timeout=min(drain_s, self._input.drain_s))
        await self._end_tasks()
        self._finishing.held_up = None
        self._next.clear()
        self._behind = 0
        self._finishing.progress.forget()
        await self._tries.take_back(consumer)

    async def _loop(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        batch, epoch = Batch[RecordT](), self._epoch
        while not (stop.is_set() or self._is_out()):
            self._raise_failure()
            self._show_health(consumer)
            if epoch != self._epoch:
                batch, epoch = Batch[RecordT](), self._epoch
                await self._count_tries(consumer)
                continue
            most, in_flight = (1, 1) if self._tries.careful else (self._pace.batch, self._most_in_flight())
            if not self._held or len(self._tasks) >= in_flight:
                await self._keep_polling(consumer)
                continue
            wait_s = self._filling.patience(batch) if batch.places else 0.25
            found = await consumer.getmany(
                timeout_ms=int(wait_s * 1000), max_records=max(1, most - len(batch.places))
            )
            if epoch != self._epoch:
                # Held again already, this may be the new assignment's; not held, its next owner reads it.
                batch, epoch, found = Batch[RecordT](), self._epoch, found if self._held else {}
                await self._count_tries(consumer)
                if epoch != self._epoch:
                    continue
            if found and not batch.places:
                batch.opened = time.monotonic()
            for partition, records in found.items():
                self._finishing.progress.took(partition, (record.offset for record in records))
                self._next[partition] = records[-1].offset + 1
                self._taking.take(batch, partition, records)
            if len(batch.places) >= most or (batch.places and time.monotonic() >= self._filling.due(batch)):
                self._start(consumer, batch)
                batch = Batch[RecordT]()

    def _most_in_flight(self) -> int:
        return self._input.in_flight + min(self._batches_held_up(), MOST_HELD_UP)

    async def _count_tries(self, consumer: AIOKafkaConsumer) -> None:
        if self._held:
            await self._tries.load(self._connection, self.stage, consumer.assignment())

    def _start(self, consumer: AIOKafkaConsumer, batch: Batch[RecordT]) -> None:
        batch.started = time.monotonic()
        self._instruments.step("wait_for_batch", batch.started - batch.opened)
        self._instruments.observe(BATCH, len(batch.places))
        self._instruments.count(TAKEN_BYTES, by=batch.bytes)
        self._behind = self._left(consumer)
        task = asyncio.create_task(self._process(consumer, batch), name=f"{self._input.name} batch")
        self._tasks[task] = batch
        task.add_done_callback(self._ended)

    async def _process(self, consumer: AIOKafkaConsumer, batch: Batch[RecordT]) -> None:
        try:
            await self._done(consumer, batch)
        finally:
            for span in batch.spans:
                span.end()

    async def _done(self, consumer: AIOKafkaConsumer, batch: Batch[RecordT]) -> None:
        await self._tries.begin(consumer, batch.places)
        begun = time.monotonic()
        outgoing = await self._worker(batch.records) if batch.records else []
        worked = time.monotonic()
        self._pace.took(len(batch.places), worked - begun)
        await self._finishing.publish(batch.dead_letters + outgoing)
        self._instruments.step("publish", time.monotonic() - worked)
        self._instruments.step("work", worked - begun)
        await self._finishing.commit(consumer, batch)
        self._health.records += len(batch.places)
        self.committed_bytes += batch.bytes

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    async def _keep_polling(self, consumer: AIOKafkaConsumer) -> None:
        self._wake.clear()
        await consumer.getmany(_UNASSIGNED, timeout_ms=0)
        try:
            async with asyncio.timeout(1.0):
                await self._wake.wait()
        except TimeoutError:
            if self._worker.waiting is not None:
                # A process that ends while it waits for something outside does not end for its records.
                await self._tries.take_back(consumer)

    def _left(self, consumer: AIOKafkaConsumer) -> int:
        """How many records of its partitions it has yet to take, as of its last fetches."""
        held = consumer.assignment()
        ends = {tp: consumer.highwater(tp) or 0 for tp in self._next if tp in held}
        return sum(max(0, end - self._next[tp]) for tp, end in ends.items())

    def _show_health(self, consumer: AIOKafkaConsumer) -> None:
        self._partitions = len(consumer.assignment()) if self._held else 0
        reason = self._worker.waiting or self._finishing.held_up
        if reason is not None:
            self._health.waiting(reason)
        elif consumer.assignment() or self._health.state != "starting":
            self._health.ready()

    def _work(self) -> Work:
        found = work_of(self._tasks.values(), self._tries.of)
        return replace(found, partitions=self._partitions, behind=self._behind)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _end_tasks(self) -> None:
        ending = list(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


class _Rebalance(ConsumerRebalanceListener, Generic[RecordT]):  # type: ignore[misc]
    """Lets everything go before partitions move, so that no two members work on the same record for long."""

    def __init__(self, runner: Runner[RecordT], consumer: AIOKafkaConsumer) -> None:
        self._runner = runner
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:  # noqa: ARG002
        await self._runner.let_go(self._consumer, REVOKE_SECONDS)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        log.info("%s: %d partitions assigned", self._runner.stage, len(assigned))
        self._runner.hold()
