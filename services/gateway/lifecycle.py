"""Opens the gateway and keeps it open; its capabilities for endpoints, or why it is not open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.joining import while_joined
from libs.common.kafka.topics.watch import watch_topics
from libs.common.runtime.heartbeat import beat
from libs.common.runtime.service import Health, supervise
from libs.common.store.protocol import Store
from services.gateway.gateway import Gateway, opened
from services.gateway.settings import STAGE, GatewaySettings

log = logging.getLogger(__name__)

T = TypeVar("T")

LAST_SECONDS = 2.0
"""How long the last snapshots may take: without a broker they never end; the next gateway writes them too."""


class Lifecycle:
    """Opens the gateway as soon as Kafka is there, and keeps it open.

    So the order in which things start does not matter, and a probe is answered all the time.
    """

    def __init__(self, settings: GatewaySettings, store: Store | None, health: Health) -> None:
        self._settings = settings
        self._store = store
        self._gateway: Gateway | None = None
        self._task: asyncio.Task[None] | None = None
        self.health = health

    def get(self, kind: type[T]) -> T:
        """The capability; UnavailableError broker_unavailable with the reason while it is not open."""
        if self._gateway is None:
            reason = self.health.reason or "the gateway is starting"
            raise UnavailableError(Code.BROKER_UNAVAILABLE, f"{reason}: try again")
        return self._gateway.capability(kind)

    @asynccontextmanager
    async def kept_open(self) -> AsyncIterator[None]:
        """Open next to the block, as soon as it can be, and closed after it."""
        stop = asyncio.Event()
        self._task = asyncio.create_task(self._keep_open(stop), name="gateway")
        try:
            yield
        finally:
            stop.set()
            # What it failed with, `watch` has told.
            await asyncio.gather(self._task, return_exceptions=True)

    async def watch(self) -> None:
        """Return when the gateway was closed for good; raises what the gateway cannot go on from."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _keep_open(self, stop: asyncio.Event) -> None:
        try:
            connection = Connection.of(self._settings, STAGE)
            await while_joined(connection, self.health, stop, partial(self._open, stop))
        except SluiceError as error:
            log.error("the gateway cannot go on: %s", error.detail)  # noqa: TRY400 (for people)
            self.health.waiting(error.detail)
            raise
        except Exception:
            log.exception("the gateway cannot go on")
            self.health.waiting("the gateway has failed; its log says why")
            raise
        self.health.state = "stopped"

    async def _open(self, stop: asyncio.Event, handles_stop: asyncio.Event) -> None:
        async with opened(self._settings, self._store, self.health.instruments) as gateway:
            handles_stop.set()
            self._gateway = gateway
            self.health.ready()
            try:
                await supervise(
                    _not_long_after(stop, gateway.snapshots.run(stop)),
                    gateway.deliveries.run(),
                    gateway.jobs.ingest.watch(),
                    gateway.jobs.status.watch(),
                    gateway.cleaning.run(),
                    gateway.watch.watch(),
                    gateway.flows.run(),
                    beat(gateway.publisher, STAGE, self._settings.instance, self.health),
                    watch_topics(gateway.connection, gateway.publisher),
                )
            finally:
                self._gateway = None


async def _not_long_after(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, which `stop` ends too; raises what it fails with."""

    async def until_too_late() -> None:
        await stop.wait()
        await asyncio.sleep(LAST_SECONDS)

    tasks = working, _ = asyncio.create_task(work), asyncio.create_task(until_too_late())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
