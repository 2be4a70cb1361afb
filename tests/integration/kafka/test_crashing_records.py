"""A record that ends the process which works on it is found, blamed, and the others get through."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from libs.common import events
from libs.common.errors import Code
from libs.common.kafka.connection import Connection
from libs.common.kafka.membership import Membership
from libs.common.kafka.outgoing import Outgoing, outcomes
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.messages import PathRecord, TaskRecord
from libs.common.runtime.service import Health
from libs.common.stages import UPSERTER_TASKS, Stage
from libs.common.tasks import requested
from libs.common.topics import PATHS, POINTS
from services.upserter.tasks.run import Run
from services.upserter.tasks.worker import TaskWorker
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events, settings
from tests.support.running import publish
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


class ProcessEnded(BaseException):
    """Stands for the end of the process: nothing of the runner's own clean-up may be needed."""


@dataclass
class Fragile:
    """A worker that ends its process on one file; `begun` counts how often work on that was begun."""

    poison: str
    waiting: str | None = None
    begun: int = 0
    batches: list[int] = field(default_factory=list)

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        self.batches.append(len(batch))
        if any(record.file.file.endswith(self.poison) for record in batch):
            self.begun += 1
            await asyncio.sleep(0)
            raise ProcessEnded
        return outcomes(
            (r.file.job_id, events.Outcome(file_id=r.file.file_id, file=r.file.file, outcome="stored"))
            for r in batch
        )


async def one_life(connection: Connection, worker: Fragile) -> None:
    """Run until the worker ends it, or until every file has its outcome."""
    async with Publisher.open(connection) as publisher:
        source = Input(Stage("fragile", (PATHS,), PathRecord), batch=8, in_flight=1)
        life = asyncio.create_task(_guarded(Runner(connection, publisher, worker, source, Health())))
        while not life.done() and len(await reported(connection)) < 40:
            await asyncio.wait([life], timeout=0.2)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def _guarded(runner: Runner[Any]) -> None:
    try:
        await runner.run(asyncio.Event())
    except ProcessEnded:
        return


async def reported(connection: Connection) -> dict[str, events.Outcome]:
    found: dict[str, events.Outcome] = {}
    for events_of in await job_events(connection):
        for item in events_of.items if isinstance(events_of, events.Outcomes) else ():
            found.setdefault(item.file, item)
    return found


async def test_the_record_to_blame_fails_and_all_others_get_through(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(f"{number:02}.jpg", job_id="j") for number in range(40)])
    worker, lives = Fragile("17.jpg"), 0
    while len(outcome := await reported(connection)) < 40:
        await asyncio.wait_for(one_life(connection, worker), 30)
        lives += 1
        assert lives < 12, "it goes round and round"
    failed = {name: item.code for name, item in outcome.items() if item.outcome != "stored"}
    assert failed == {"/photos/17.jpg": Code.CRASHED_WORKER}
    assert 4 <= worker.begun <= 10
    assert 1 in worker.batches, "the records were never taken one by one"


async def test_a_stop_of_the_stage_is_no_try_of_the_task_that_runs_beside_it(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    """Tasks take minutes: each restart of an upserter ends one in the middle."""
    connection, begun = await connect(kafka, prefix), asyncio.Event()

    class Endless(Fragile):
        waiting = "a task is started again by whoever has the partition next"

        async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
            begun.set()
            await asyncio.Event().wait()
            return await super().__call__(batch)

    async def wire(joined: Membership, _: object) -> Wired[PathRecord]:
        source = Input(Stage("beside", (PATHS,), PathRecord), batch=1, in_flight=1)
        concurrent = Runner(joined.connection, joined.publisher, Endless("none"), source, Health())
        return Wired(Fragile("none"), concurrent=(concurrent.run,))

    await publish(connection, [records.file("00.jpg", job_id="j")])
    stop, ours = asyncio.Event(), settings(kafka, prefix, tmp_path)
    stage = WorkerStage(ours, Input(Stage("stage", (POINTS,), PathRecord), batch=8), wire)
    life = asyncio.create_task(stage.run(stop))
    await asyncio.wait_for(begun.wait(), 20)
    stop.set()
    await asyncio.wait_for(life, 20)
    async with connection.admin() as admin:
        offsets = await admin.list_consumer_group_offsets(connection.names.group("beside"))
    assert {at.metadata for at in offsets.values() if at.metadata} == {"tries=0"}


async def test_being_stopped_is_no_try(kafka: Broker, prefix: str) -> None:
    """However often a replica is restarted while it works, nothing is blamed for that."""
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file("00.jpg", job_id="j")])
    for _ in range(6):
        begun, stop = asyncio.Event(), asyncio.Event()

        class Slow(Fragile):
            async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
                begun.set()  # noqa: B023 - called within this round only
                await asyncio.sleep(60)
                return await super().__call__(batch)

        async with Publisher.open(connection) as publisher:
            source = Input(Stage("fragile", (PATHS,), PathRecord), batch=8)
            runner = Runner(connection, publisher, Slow("none"), source, Health())
            life = asyncio.create_task(runner.run(stop, drain_s=0.05))
            await asyncio.wait_for(begun.wait(), 20)
            stop.set()
            await life
    worker = Fragile("none")
    async with Publisher.open(connection) as publisher:
        source = Input(Stage("fragile", (PATHS,), PathRecord), batch=8)
        life = asyncio.create_task(
            Runner(connection, publisher, worker, source, Health()).run(asyncio.Event())
        )
        await eventually(lambda: reported(connection))
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
    assert [item.outcome for item in (await reported(connection)).values()] == ["stored"]


async def test_a_task_that_ends_its_process_after_a_while_fails(kafka: Broker, prefix: str) -> None:
    """Work of minutes, too, is counted as begun: memory runs out in the middle of it."""
    connection, lives = await connect(kafka, prefix), 0
    task = TaskRecord(task_id="t", kind="find_similar", collection="c", generation="g", params={})

    async def dying(_: Run) -> dict[str, int]:
        await asyncio.sleep(1.5)  # the runner looks once a second whether the worker only waits
        raise ProcessEnded

    async with Publisher.open(connection) as publisher, ControlTable.open(connection) as control:
        await publisher.publish([requested(task)])
        worker = TaskWorker({"find_similar": dying}, publisher.publish, control)
        source = Input(UPSERTER_TASKS, batch=1, in_flight=1, drain_s=0.0)
        while not (ending := await _task_failure(connection)):
            assert lives < 8, "it goes round and round"
            lives += 1
            life = asyncio.create_task(_guarded(Runner(connection, publisher, worker, source, Health())))
            while not life.done() and not await _task_failure(connection):
                await asyncio.sleep(0.1)
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
    assert (ending.code, ending.job_id) == (Code.CRASHED_WORKER, "t")


async def _task_failure(connection: Connection) -> events.TaskEvent | None:
    found = await job_events(connection)
    return next((e for e in found if isinstance(e, events.TaskEvent) and e.state == "failed"), None)
