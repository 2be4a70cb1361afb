"""A scanner on a test's own topics, and a stage behind it that only reports outcomes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from libs.common import events
from libs.common.control import ActiveCollection, CollectionState, Control, JobCommand
from libs.common.events import Finished, JobEvent, Outcome, ScanRequest
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, fact, outcomes
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.kafka.tables.tail import Tail
from libs.common.messages import File, FileRecord
from libs.common.runtime.service import Health
from libs.common.stages import PROCESSOR
from libs.common.store.protocol import Store
from libs.common.topics import INGEST, JOB_STATUS, key_partition
from services.scanner.app import build
from services.scanner.settings import ScannerSettings
from tests.support.broker import Broker
from tests.support.kafka import connect
from tests.support.waiting import LIMIT_S

COLLECTION = "holiday"
GENERATION = "g1"


def stored(file: File) -> Outcome:
    """The outcome of a file that went well."""
    return Outcome(file_id=file.file_id, file=file.file, outcome="stored", source="batch_ml")


@dataclass
class Reporter:
    """A worker that gives every file an outcome, once its gate is open."""

    outcome_of: Callable[[File], Outcome] = stored
    seen: list[File] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: str | None = None

    async def __call__(self, batch: Sequence[FileRecord]) -> list[Outgoing]:
        self.seen += [record.file for record in batch]
        await self.gate.wait()
        return outcomes((record.file.job_id, self.outcome_of(record.file)) for record in batch)

    @property
    def names(self) -> set[str]:
        """The names of the files that came, without folders."""
        return {Path(file.file).name for file in self.seen}


def open_reporter() -> Reporter:
    """A stage that reports at once."""
    reporter = Reporter()
    reporter.gate.set()
    return reporter


@dataclass
class Bench:
    """A broker's topics for one test, a publisher on them, and the events so far."""

    kafka: Broker
    prefix: str
    store: Store
    connection: Connection
    publisher: Publisher
    events: list[tuple[int, JobEvent]] = field(default_factory=list)

    async def clear(self) -> None:
        """Empty the collection, which the tests of a file share."""
        page, _ = await self.store.scroll(COLLECTION, limit=10_000, payload="none")
        await self.store.delete_points(COLLECTION, [record.id for record in page])

    async def state(self, *facts: Control) -> None:
        """Publish facts on `control`."""
        await self.publisher.publish([fact(body) for body in facts])

    async def request(self, path: Path | None = None, partition: int | None = None, **fields: Any) -> str:
        """Ask for a scan; the id of its job."""
        fields = dict[str, Any](job_id=uuid4(), collection=COLLECTION) | fields
        body = ScanRequest(directory_path=None if path is None else str(path), **fields)
        await self.send(events.encode(body), str(body.job_id), partition)
        return str(body.job_id)

    async def send(self, body: bytes, key: str = "key", partition: int | None = None) -> None:
        """Put anything on `ingest`."""
        await self.publisher.publish([Outgoing(INGEST, key, body, partition=partition)])

    async def command(self, job_id: str, action: Any) -> None:
        """Pause, resume or cancel."""
        await self.state(JobCommand(job_id=job_id, action=action))

    def of(self, job_id: str) -> list[JobEvent]:
        """The job's events so far, in order."""
        return [event for _, event in sorted(self.events, key=lambda e: e[0]) if event.job_id == job_id]

    def has(self, job_id: str, kind: type[JobEvent], **fields: Any) -> bool:
        """Whether the job has an event of this kind with these values."""
        return any(
            isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
            for event in self.of(job_id)
        )

    def outcomes(self, job_id: str) -> dict[str, Outcome]:
        """The first outcome of each file of the job."""
        first: dict[str, Outcome] = {}
        for event in self.of(job_id):
            for item in event.items if isinstance(event, events.Outcomes) else ():
                first.setdefault(item.file_id, item)
        return first

    def kinds(self, job_id: str) -> Counter[str]:
        """How many files had which first outcome."""
        return Counter(outcome.outcome for outcome in self.outcomes(job_id).values())

    async def finished(self, job_id: str, timeout_s: float = LIMIT_S) -> Finished:
        """The job's terminal event, awaited; there must be one only."""
        async with asyncio.timeout(timeout_s):
            while not self.has(job_id, Finished):
                await asyncio.sleep(0.02)
        (found,) = [event for event in self.of(job_id) if isinstance(event, Finished)]
        return found

    @asynccontextmanager
    async def scanner(self, data_dir: Path, instance: str = "s0", **fields: Any) -> AsyncIterator["Scan"]:
        """A scanner that runs as long as the block; killed at its end if it still runs."""
        settings = ScannerSettings(
            kafka_bootstrap_servers=self.kafka.bootstrap_servers, topic_prefix=self.prefix,
            topic_partitions=4, instance=instance, data_dir=data_dir, **fields,
        )  # fmt: skip
        stop = asyncio.Event()
        service = build(settings, self.store)
        scan = Scan(asyncio.create_task(service.run(stop)), stop, service.health)
        try:
            yield scan
        finally:
            await scan.kill()

    @asynccontextmanager
    async def stage(self, reporter: Reporter) -> AsyncIterator[Reporter]:
        """The stage behind the scanner."""
        stop = asyncio.Event()
        source = Input(PROCESSOR, batch=50, in_flight=2)
        runner = Runner(self.connection, self.publisher, reporter, source, Health())
        task = asyncio.create_task(runner.run(stop, drain_s=5))
        try:
            yield reporter
        finally:
            reporter.gate.set()
            stop.set()
            await task

    async def follow(self) -> None:
        """Collect job events until cancelled."""
        async with Tail.open(self.connection, JOB_STATUS) as tail:
            tail.follow(dict.fromkeys(await tail.partitions(), 0))
            while True:
                for records in (await tail.read(0.1)).values():
                    self.events += [(r.offset, events.decode_event(r.value)) for r in records]


@dataclass
class Scan:
    """A scanner under way."""

    task: asyncio.Task[None]
    stop: asyncio.Event
    health: Health

    async def leave(self) -> None:
        """Stop as on SIGTERM."""
        self.stop.set()
        await self.task

    async def kill(self) -> None:
        """Stop without draining."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def bench(kafka: Broker, prefix: str, store: Store) -> AsyncIterator[Bench]:
    """Topics with one selected collection, and everything a test needs around them."""
    connection = await connect(kafka, prefix)
    async with Publisher.open(connection) as publisher:
        made = Bench(kafka, prefix, store, connection, publisher)
        await made.state(
            CollectionState(name=COLLECTION, generation=GENERATION), ActiveCollection(name=COLLECTION)
        )
        follower = asyncio.create_task(made.follow())
        try:
            yield made
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)


def photos(folder: Path, count: int, start: int = 0) -> Path:
    """A folder of so many files that look like photos by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"{number:05}.jpg").write_bytes(b"x")
    return folder


def id_in(partition: int) -> UUID:
    """A new job id whose requests belong in that of four partitions."""
    return next(job for job in iter(uuid4, None) if key_partition(str(job), 4) == partition)
