"""A runner under way over a worker that records what comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from libs.common import events
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import File, PathRecord
from libs.common.runtime.service import Health
from libs.common.stages import Stage
from libs.common.topics import PATHS
from tests.support import records
from tests.support.kafka import job_events
from tests.support.waiting import eventually


@dataclass
class Recording:
    """A worker that reports every file stored, and waits before that while `gate` is closed."""

    seen: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: str | None = None

    async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
        self.seen += [record.file.file_id for record in batch]
        await self.gate.wait()
        return outcomes(
            (r.file.job_id, events.Outcome(file_id=r.file.file_id, file=r.file.file, outcome="stored"))
            for r in batch
        )


@dataclass
class Running:
    """A runner under way."""

    worker: Recording
    stop: asyncio.Event
    task: asyncio.Task[None]
    health: Health


@asynccontextmanager
async def running(connection: Connection, worker: Recording, batch: int = 8) -> AsyncIterator[Running]:
    """A runner of `worker` over `paths`, ended without draining."""
    health = Health()
    async with Publisher.open(connection) as publisher:
        source = Input(Stage("test", (PATHS,), PathRecord), batch=batch, in_flight=2)
        stop = asyncio.Event()
        runner = Runner(connection, publisher, worker, source, health)
        task = asyncio.create_task(runner.run(stop, drain_s=5))
        try:
            yield Running(worker, stop, task, health)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def publish(connection: Connection, files: Sequence[File]) -> None:
    async with Publisher.open(connection) as publisher:
        await publisher.publish([work(PATHS, records.path_record(file)) for file in files])


async def stored_ids(connection: Connection) -> list[str]:
    return [
        item.file_id
        for event in await job_events(connection)
        if isinstance(event, events.Outcomes)
        for item in event.items
    ]


def open_worker() -> Recording:
    worker = Recording()
    worker.gate.set()
    return worker


async def wait_for_outcomes(connection: Connection, count: int) -> None:
    await eventually(lambda: stored_ids(connection), lambda seen: len(seen) >= count)
