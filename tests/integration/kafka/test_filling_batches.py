"""A runner that fills its batches, against a real broker."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from libs.common import events
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import FILL_SECONDS, Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import PathRecord
from libs.common.runtime.service import Health
from libs.common.stages import Stage
from libs.common.topics import PATHS
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect
from tests.support.waiting import until

pytestmark = pytest.mark.slow

BATCH, FILES = 8, 60


@dataclass
class OneAfterTheOther:
    """As a model that takes one batch after the other; keeps the sizes of those that had to wait for it."""

    waiting: None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    had_to_wait: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        if self.turn.locked():
            self.had_to_wait.append(len(batch))
        async with self.turn:
            await asyncio.sleep(0.05)
        self.seen.append(len(batch))
        reported = (events.Outcome(file_id=r.file.file_id, file=r.file.file, outcome="stored") for r in batch)
        return outcomes(("j", outcome) for outcome in reported)


async def test_only_a_full_batch_starts_beside_another(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    worker, stop = OneAfterTheOther(), asyncio.Event()
    async with Publisher.open(connection) as publisher:
        source = Input(Stage("test", (PATHS,), PathRecord), batch=BATCH, in_flight=2, fills=True)
        run = asyncio.create_task(Runner(connection, publisher, worker, source, Health()).run(stop))
        for number in range(FILES):
            await publisher.publish(
                [work(PATHS, records.path_record(records.file(f"{number}.jpg", job_id="j")))]
            )
        await until(lambda: sum(worker.seen) == FILES)
        stop.set()
        await run
    assert set(worker.had_to_wait) <= {BATCH}
    assert len(worker.seen) < FILES


@dataclass
class Held:
    """Holds every batch until `go`; keeps what it was called with, as file names."""

    waiting: None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[set[str]] = field(default_factory=list)

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        self.begun.append({record.file.file for record in batch})
        await self.go.wait()
        return []


@pytest.mark.parametrize("already", [0, 1])
async def test_a_small_job_does_not_wait_until_a_large_one_fills_its_batch(
    kafka: Broker, prefix: str, already: int
) -> None:
    connection = await connect(kafka, prefix)
    worker, stop = Held(), asyncio.Event()
    first = [
        records.file(f"{number}.jpg", job_id="small" if number < already else "large")
        for number in range(BATCH)
    ]
    rest = records.file("rest.jpg", job_id="small")
    async with Publisher.open(connection) as publisher:
        # The linger is for the first records, which may come in pieces.
        source = Input(
            Stage("test", (PATHS,), PathRecord), batch=BATCH, linger_s=0.5, in_flight=2, fills=True
        )
        run = asyncio.create_task(Runner(connection, publisher, worker, source, Health()).run(stop))
        await publisher.publish([work(PATHS, records.path_record(file)) for file in first])
        await until(lambda: len(worker.begun) == 1)
        await publisher.publish([work(PATHS, records.path_record(rest))])
        await until(lambda: len(worker.begun) == 2, timeout_s=FILL_SECONDS - 1)
        worker.go.set()
        stop.set()
        await run
    assert worker.begun == [{file.file for file in first}, {rest.file}]


async def test_small_jobs_that_come_all_the_time_fill_a_batch_together(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    worker, stop = Held(), asyncio.Event()
    small = [records.file(f"{number}.jpg", job_id=f"job-{number}") for number in range(1 + BATCH)]
    async with Publisher.open(connection) as publisher:
        source = Input(Stage("test", (PATHS,), PathRecord), batch=BATCH, in_flight=2, fills=True)
        run = asyncio.create_task(Runner(connection, publisher, worker, source, Health()).run(stop))
        await publisher.publish([work(PATHS, records.path_record(small[0]))])
        await until(lambda: len(worker.begun) == 1)
        for file in small[1:]:
            await publisher.publish([work(PATHS, records.path_record(file))])
        await until(lambda: len(worker.begun) == 2)
        worker.go.set()
        stop.set()
        await run
    assert [len(names) for names in worker.begun] == [1, BATCH]
