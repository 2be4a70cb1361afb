"""What a stage does, on each topic, with what it cannot read, and with what is as large as it may be."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common import events, messages
from libs.common.errors import Code
from libs.common.events import DeadLetter, Outcome
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import ImageRecord, PathRecord, PointRecord, TaskRecord
from libs.common.runtime.service import Health
from libs.common.stages import Stage
from libs.common.store.edge import EdgeStore
from libs.common.topics import (
    DEAD_LETTERS,
    IMAGES,
    INGEST,
    JOB_STATUS,
    MAX_MESSAGE_BYTES,
    ML_RESULTS,
    PATHS,
    POINTS,
    TASKS,
    Topic,
)
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events, records_of
from tests.support.scanning import COLLECTION, Reporter, bench, photos
from tests.support.serving import working
from tests.support.waiting import eventually, until

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parents[1] / "corpus"
KINDS: dict[Topic, type[Any]] = {
    PATHS: PathRecord, IMAGES: ImageRecord, ML_RESULTS: PointRecord, POINTS: PointRecord, TASKS: TaskRecord,
}  # fmt: skip
RELEASES = sorted(
    path.name
    for path in CORPUS.iterdir()
    if all((path / "internal" / f"{kind.__name__}.msgpack").is_file() for kind in KINDS.values())
)


@dataclass
class Keeping:
    """A worker that keeps what it was given."""

    waiting: str | None = None
    seen: list[Any] = field(default_factory=list)

    async def __call__(self, batch: Sequence[Any]) -> list[Outgoing]:
        self.seen += batch
        return []


@asynccontextmanager
async def stage(connection: Connection, topic: Topic) -> AsyncIterator[Keeping]:
    worker = Keeping()
    async with Publisher.open(connection) as publisher:
        source: Any = Input(Stage("test", (topic,), KINDS[topic]), batch=8)
        runner: Any = Runner(connection, publisher, worker, source, Health())
        async with working(runner.run(asyncio.Event())):
            yield worker


async def found(look: Callable[[], Awaitable[list[Any]]], count: int) -> list[Any]:
    return await eventually(look, lambda seen: len(seen) >= count)


async def dead_letters(connection: Connection, count: int) -> list[DeadLetter]:
    there = await found(lambda: records_of(connection, DEAD_LETTERS), count)
    return [events.decode(record.value, DeadLetter) for record in there]


async def failures(connection: Connection) -> list[Outcome]:
    reported = [event for event in await job_events(connection) if isinstance(event, events.Outcomes)]
    return [item for event in reported for item in event.items]


def as_sent(topic: Topic, body: bytes, file_id: str) -> Outgoing:
    """Tasks are about no file, so their records name none."""
    return Outgoing(topic, "job", body, file_id=None if topic is TASKS else file_id)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("topic", KINDS, ids=lambda topic: topic.name)
async def test_what_other_releases_and_strangers_put_on_a_topic(
    kafka: Broker, prefix: str, topic: Topic, release: str
) -> None:
    """Recorded bodies are read, also with fields of the future; another version and rubbish are letters."""
    connection, kind = await connect(kafka, prefix), KINDS[topic]
    recorded = (CORPUS / release / "internal" / f"{kind.__name__}.msgpack").read_bytes()
    plain = msgspec.msgpack.decode(recorded)
    newer = msgspec.msgpack.encode(plain | {"of_the_future": {"a": 1}})
    other = msgspec.msgpack.encode(plain | {"version": 2})
    async with stage(connection, topic) as worker, Publisher.open(connection) as publisher:
        bodies = {"recorded": recorded, "newer": newer, "other": other, "rubbish": b"\xc1poison"}
        ids = {name: records.file(name).file_id for name in bodies}
        await publisher.publish([as_sent(topic, body, ids[name]) for name, body in bodies.items()])
        reported = await dead_letters(connection, 2)
        await until(lambda: len(worker.seen) == 2)
    assert worker.seen == [messages.decode(recorded, kind)] * 2
    assert {dead_letter.code for dead_letter in reported} == {Code.UNDECODABLE_RECORD}
    assert {dead_letter.body for dead_letter in reported} == {other, b"\xc1poison"}
    assert any("version 2" in dead_letter.error for dead_letter in reported)
    failed = {(item.file_id, item.code) for item in await failures(connection)}
    unreadable = {(ids[name], Code.UNDECODABLE_RECORD) for name in ("other", "rubbish")}
    assert failed == (set() if topic is TASKS else unreadable)


async def test_a_record_at_the_size_limit_travels_whole(kafka: Broker, prefix: str) -> None:
    connection, file = await connect(kafka, prefix), records.file("large.jpg", job_id="job")
    overhead = len(messages.encode(records.image_record(file, bytes(100_000)))) - 100_000
    image = records.image_record(file, os.urandom(MAX_MESSAGE_BYTES - overhead))
    outgoing = work(IMAGES, image)
    assert outgoing.value is not None
    assert len(outgoing.value) == MAX_MESSAGE_BYTES
    async with stage(connection, IMAGES) as worker, Publisher.open(connection) as publisher:
        await publisher.publish([outgoing] * 3)
        await until(lambda: len(worker.seen) == 3)
    assert worker.seen == [image] * 3


async def test_an_unreadable_record_at_the_size_limit_has_a_letter_that_says_where_it_lies(
    kafka: Broker, prefix: str
) -> None:
    connection = await connect(kafka, prefix)
    async with stage(connection, IMAGES), Publisher.open(connection) as publisher:
        await publisher.publish([Outgoing(IMAGES, "job", b"\xc1" * MAX_MESSAGE_BYTES, file_id="f")])
        (dead_letter,) = await dead_letters(connection, 1)
        await found(lambda: failures(connection), 1)
    assert (dead_letter.body, dead_letter.topic) == (None, connection.names.of(IMAGES))
    (there,) = [r for r in await records_of(connection, IMAGES) if r.partition == dead_letter.partition]
    assert there.offset == dead_letter.offset


async def test_outcomes_of_many_files_with_long_names_are_cut_into_events_that_fit(
    kafka: Broker, prefix: str
) -> None:
    connection = await connect(kafka, prefix)
    reported = [("job", Outcome(file_id=str(n), file="/" + "x" * 4000, outcome="stored")) for n in range(500)]
    async with Publisher.open(connection) as publisher:
        await publisher.publish(outcomes(reported))
    there = await records_of(connection, JOB_STATUS)
    assert len(there) > 1
    assert max(len(record.value) for record in there) <= MAX_MESSAGE_BYTES
    assert {item.file_id for item in await failures(connection)} == {str(n) for n in range(500)}


async def test_the_scanner_puts_requests_of_the_next_version_aside_and_passes_over_such_events(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    store, reporter = EdgeStore(tmp_path / "store"), Reporter()
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    async with bench(kafka, prefix, store) as world:
        folder = photos(tmp_path / "photos", 4)
        async with world.scanner(tmp_path / "data"), world.stage(reporter):
            await world.send(msgspec.json.encode({"directory_path": str(folder), "version": 3}))
            job = await world.request(folder)
            await until(lambda: len(reporter.seen) == 4)
            later = {"type": "outcomes", "job_id": job, "items": [], "version": 2}
            await world.publisher.publish([Outgoing(JOB_STATUS, job, msgspec.json.encode(later))])
            reporter.gate.set()
            reported = await dead_letters(world.connection, 1)
            end = await asyncio.wait_for(_ended(world.connection, job), 30)
    assert [(dead_letter.topic, dead_letter.code) for dead_letter in reported] == [
        (world.connection.names.of(INGEST), Code.UNDECODABLE_RECORD)
    ]
    assert (end.state, end.stored) == ("completed", 4)
    await store.close()


async def _ended(connection: Connection, job: str) -> events.Finished:
    """Read without the bench's own follower, which takes no event of another version."""
    while True:
        for record in await records_of(connection, JOB_STATUS):
            if record.key == job.encode() and b'"version":2' not in record.value:
                event = events.decode_event(record.value)
                if isinstance(event, events.Finished):
                    return event
        await asyncio.sleep(0.05)
