"""A group that moves under a batch: expelled while it is held, or revoked while it merely waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer

from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import bounds, committed, left
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import PathRecord
from libs.common.runtime.service import Health
from libs.common.stages import Stage
from libs.common.topics import PATHS
from tests.support import records
from tests.support.broker import Broker
from tests.support.forbidding import throw_out
from tests.support.kafka import connect
from tests.support.running import Recording, open_worker, publish, running, stored_ids
from tests.support.running import wait_for_outcomes as wait_for_outcomes_of
from tests.support.serving import working
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow


async def test_a_member_expelled_while_it_holds_a_batch_joins_again_and_loses_nothing(
    kafka: Broker, prefix: str
) -> None:
    connection = await connect(kafka, prefix)
    files = [records.file(f"{number}.jpg", job_id="j") for number in range(20)]
    await publish(connection, files)
    async with running(connection, Recording()) as holding:
        await until(lambda: len(holding.worker.seen) > 0)
        assert await throw_out(connection, "test") == 1
        held = list(holding.worker.seen)
        holding.worker.gate.set()
        await wait_for_outcomes_of(connection, 20)
        await all_committed(connection)
        assert not holding.task.done()
    assert set(await stored_ids(connection)) == {file.file_id for file in files}
    again = [seen for seen in held if holding.worker.seen.count(seen) > 1]
    assert again, "its commit was taken although it had been removed from the group"


async def all_committed(connection: Connection) -> None:
    async with asyncio.timeout(LIMIT_S), connection.admin() as admin:
        while True:
            taken = await committed(admin, connection, "test")
            first, last = await bounds(admin, connection, (PATHS,))
            if not left(taken, first, last):
                return
            await asyncio.sleep(0.05)


@dataclass
class Moves:
    """When a member's partitions were let go and given, in monotonic seconds."""

    let_go: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)


class Timed(Runner[PathRecord]):
    """A runner that notes when its partitions move."""

    moves: Moves

    def hold(self) -> None:
        self.moves.held.append(time.monotonic())
        super().hold()

    async def let_go(self, consumer: AIOKafkaConsumer, drain_s: float) -> None:
        self.moves.let_go.append(time.monotonic())
        await super().let_go(consumer, drain_s)


@asynccontextmanager
async def member(connection: Connection, worker: Recording, moves: Moves) -> AsyncIterator[Recording]:
    source = Input(Stage("test", (PATHS,), PathRecord), batch=8, in_flight=2)
    async with Publisher.open(connection) as publisher:
        runner = Timed(connection, publisher, worker, source, Health())
        runner.moves = moves
        async with working(runner.run(asyncio.Event())):
            yield worker


async def test_the_group_stands_still_for_less_than_a_second_when_a_batch_merely_waits(
    kafka: Broker, prefix: str
) -> None:
    """The ML service is away and its batches are held: they must not be drained before partitions move."""
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(40)])
    first, other, away = Moves(), Moves(), Recording(waiting="waiting for the ML service")
    async with member(connection, away, first):
        await until(lambda: len(away.seen) > 0)
        async with member(connection, open_worker(), other) as second:
            await until(lambda: len(second.seen) > 0)
            await until(lambda: len(first.held) == 2)
    assert max(first.held[-1], other.held[-1]) - first.let_go[-1] < 1.0
