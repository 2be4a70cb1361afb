"""A service that is a worker on a runner: processor, inferencer, upserter."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic

from libs.common.http.probes import probed
from libs.common.kafka.connection import Connection
from libs.common.kafka.joining import while_joined
from libs.common.kafka.membership import Membership, member
from libs.common.kafka.peers import others_work
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.leaving import Leaving
from libs.common.kafka.runner.runner import Runner, none_held_up
from libs.common.kafka.runner.trim import trim_forever
from libs.common.kafka.runner.worker import Worker
from libs.common.kafka.topics.watch import watch_topics
from libs.common.messages import RecordT
from libs.common.runtime.heartbeat import beat
from libs.common.runtime.service import Health, supervise
from libs.common.settings import StageSettings
from libs.common.tracing.otel import traced


@dataclass(frozen=True, slots=True)
class Wired(Generic[RecordT]):
    """A worker with what must run with it; if that fails, the stage does.

    `held_up` counts the batches that only wait for something slow, next to which others are worked on.
    `background` ends with the worker's runner; what runs `concurrent` with it gets the same stop.
    """

    worker: Worker[RecordT]
    background: tuple[Coroutine[Any, Any, None], ...] = ()
    concurrent: tuple[Callable[[asyncio.Event], Coroutine[Any, Any, None]], ...] = ()
    held_up: Callable[[], int] = none_held_up


Wire = Callable[[Membership, AsyncExitStack], Awaitable[Wired[RecordT]]]
"""Makes the worker once the stage has joined; what it opens it gives to the stack, which closes it."""


@dataclass(slots=True)
class WorkerStage(Generic[RecordT]):
    """The Service of one worker: waits for Kafka, joins, runs until stopped, drains, leaves."""

    settings: StageSettings
    source: Input[RecordT]
    wire: Wire[RecordT]
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        self.health.stage = self.stage

    @property
    def stage(self) -> str:
        """The stage's name."""
        return self.source.name

    async def run(self, stop: asyncio.Event) -> None:
        """See Service."""
        async with probed(self.settings.health_port, self.health), traced(self.settings, self.health):
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        connection = Connection.of(self.settings, self.stage)
        await while_joined(connection, self.health, stop, partial(self._work, stop))

    async def _work(self, stop: asyncio.Event, handles_stop: asyncio.Event) -> None:
        async with AsyncExitStack() as resources:
            joined = await resources.enter_async_context(
                member(self.settings, self.source.stage, self.health.instruments)
            )
            wired = await self.wire(joined, resources)
            leaving = self._leaving(joined, wired.worker)
            runner = Runner(
                joined.connection,
                joined.publisher,
                wired.worker,
                self.source,
                self.health,
                leaving.is_out,
                wired.held_up,
            )
            handles_stop.set()
            await supervise(
                runner.run(stop),
                beat(joined.publisher, self.stage, self.settings.instance, self.health),
                trim_forever(
                    joined.connection, self.stage, self.source.topics, lambda: runner.committed_bytes
                ),
                watch_topics(joined.connection, joined.publisher),
                leaving.run(),
                *wired.background,
                concurrent=[run(stop) for run in wired.concurrent],
            )

    def _leaving(self, joined: Membership, worker: Worker[RecordT]) -> Leaving:
        settings, clock = self.settings, joined.publisher.clock

        async def can_others() -> bool:
            return await others_work(joined.connection, self.stage, settings.instance, clock.now())

        return Leaving(lambda: worker.waiting, can_others, settings.leave_after_seconds)
