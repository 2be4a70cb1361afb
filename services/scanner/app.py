"""Wires the scanner: its place in the group, the tail of job-status, the jobs that it runs."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from libs.common.events import Library, decode
from libs.common.http.probes import probed
from libs.common.kafka.connection import Connection
from libs.common.kafka.joining import while_joined
from libs.common.kafka.membership import Membership, member
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table
from libs.common.kafka.topics.watch import watch_topics
from libs.common.runtime.heartbeat import beat
from libs.common.runtime.lock import owned
from libs.common.runtime.service import Health, Service, supervise
from libs.common.sources.remote import Remote
from libs.common.sources.roots import readable
from libs.common.sources.sources import Sources
from libs.common.stages import SCANNER
from libs.common.store.measured import measured
from libs.common.store.named import NamedStore
from libs.common.store.open import open_server_store
from libs.common.store.protocol import Store
from libs.common.topics import JOB_STATUS, LIBRARIES
from libs.common.tracing.otel import traced
from services.scanner.intake import Intake
from services.scanner.jobs.job import Job
from services.scanner.jobs.running import Jobs
from services.scanner.libraries.endings import Endings
from services.scanner.libraries.followers import Followers
from services.scanner.libraries.following import Following
from services.scanner.outbox import Outbox
from services.scanner.settings import ScannerSettings
from services.scanner.status import JobStatus
from services.scanner.wiring import Wiring, spool_dir

LISTERS = 4
LOOK_SECONDS = 5.0


def build(settings: ScannerSettings, store: Store | None = None) -> Service:
    """The scanner, not yet started. A `store` that is given stays its giver's to close."""
    return Scanner(settings, store)


class Scanner:
    """Lists what requests name, and sees every file to its outcome."""

    stage = SCANNER.name

    def __init__(self, settings: ScannerSettings, store: Store | None) -> None:
        self.health = Health(stage=self.stage)
        self._settings = settings
        self._store = store

    async def run(self, stop: asyncio.Event) -> None:
        """Take requests and run jobs until `stop`; unfinished jobs go on where a scanner owns them next."""
        own = self._settings.data_dir / self.stage
        async with (
            owned(own),
            probed(self._settings.health_port, self.health),
            traced(self._settings, self.health),
        ):
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        connection = Connection.of(self._settings, self.stage)
        store = self._store or open_server_store(self._settings)
        used = measured(store, self.health.instruments)
        try:
            await while_joined(connection, self.health, stop, partial(self._join, used, stop))
        finally:
            if self._store is None:
                await store.close()

    async def _join(self, store: Store, stop: asyncio.Event, handles_stop: asyncio.Event) -> None:
        async with member(self._settings, SCANNER, self.health.instruments) as joined:
            await self._serve(joined, store, stop, handles_stop)

    async def _serve(
        self, joined: Membership, store: Store, stop: asyncio.Event, handles_stop: asyncio.Event
    ) -> None:
        await asyncio.to_thread(_clear, self._settings.data_dir)
        listers = ThreadPoolExecutor(LISTERS, thread_name_prefix="listing")
        try:
            partitions = await joined.publisher.partitions(JOB_STATUS)
            async with (
                JobStatus.open(joined.connection) as status,
                Endings.open(joined.connection, partitions) as endings,
                Table.open(joined.connection, LIBRARIES, _library) as libraries,
            ):
                jobs = Jobs(lambda record: Job(record, wiring))
                wiring = Wiring(
                    settings=self._settings,
                    connection=joined.connection,
                    outbox=Outbox(joined.publisher, self.health),
                    status=status,
                    control=joined.control,
                    store=NamedStore(store, joined.control),
                    health=self.health,
                    listers=listers,
                    sources=Sources(
                        readable(self._settings, joined.control.listed_roots), Remote.of(self._settings)
                    ),
                    active_jobs=jobs.active,
                    now=joined.publisher.clock.now,
                )
                followers = Followers(
                    libraries, partitions, lambda library: Following(library, wiring, endings)
                )
                intake = Intake(wiring, jobs, followers, partitions)
                handles_stop.set()
                await supervise(
                    intake.run(stop),
                    status.run(),
                    endings.run(),
                    followers.run(),
                    _pass_on(joined.control, jobs),
                    beat(joined.publisher, self.stage, self._settings.instance, self.health),
                    watch_topics(joined.connection, joined.publisher),
                )
        finally:
            listers.shutdown(wait=False, cancel_futures=True)


def _library(body: bytes) -> Library:
    return decode(body, Library)


def _clear(data_dir: Path) -> None:
    """Delete what a killed scanner left: the jobs of those spools may be another's by now."""
    for left in spool_dir(data_dir).glob("*.sqlite*"):
        left.unlink(missing_ok=True)


async def _pass_on(control: ControlTable, jobs: Jobs) -> None:
    """Wake the jobs at every change of `control`: one may be a pause or a cancel."""
    while True:
        if await control.changed(LOOK_SECONDS):
            jobs.wake()
