"""Topics that are not what they were: deleted under running stages, recreated, with more partitions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.admin import NewPartitions

from libs.common import events
from libs.common.errors import Code, SluiceError
from libs.common.kafka import connection as connections
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import event, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.kafka.topics import watch
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.messages import PathRecord
from libs.common.stages import PROCESSOR
from libs.common.store.edge import EdgeStore
from libs.common.topics import JOB_STATUS, PATHS, Topic
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, settings
from tests.support.running import Recording, open_worker, publish
from tests.support.scanning import COLLECTION, Reporter, bench, photos
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

SECONDS = 40.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes ten seconds in the field takes half of one here."""
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.25)
    monkeypatch.setattr(connections, "METADATA_SECONDS", 0.5)


@asynccontextmanager
async def stage(
    kafka: Broker, prefix: str, worker: Recording, data: Path
) -> AsyncIterator[tuple[WorkerStage[PathRecord], asyncio.Task[None]]]:
    """A whole stage of this worker over `paths`."""

    async def wire(*_: object) -> Wired[PathRecord]:
        return Wired(worker)

    source, stop = Input(PROCESSOR, batch=8), asyncio.Event()
    made = WorkerStage(settings(kafka, prefix, data), source, wire)
    task = asyncio.create_task(made.run(stop))
    try:
        yield made, task
    finally:
        stop.set()
        with suppress(SluiceError):
            await asyncio.wait_for(task, 20)


async def delete(connection: Connection, topic: Topic) -> None:
    async with connection.admin() as admin:
        await admin.delete_topics([connection.names.of(topic)])


async def exists(connection: Connection, topic: Topic) -> bool:
    async with connection.admin() as admin:
        return connection.names.of(topic) in await admin.list_topics()


async def more_partitions(connection: Connection, topic: Topic, count: int) -> None:
    async with connection.admin() as admin:
        await admin.create_partitions({connection.names.of(topic): NewPartitions(count)})


async def test_a_topic_that_is_deleted_under_a_stage_is_made_anew_and_read_from_its_start(
    kafka: Broker, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connection, worker = await connect(kafka, prefix), open_worker()
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(20)])
    async with stage(kafka, prefix, worker, tmp_path) as (_, task):
        await until(lambda: len(set(worker.seen)) == 20)
        await delete(connection, PATHS)
        await until(lambda: exists(connection, PATHS))
        # Fewer than before: what was committed of the old topic must not hide them.
        await publish(connection, [records.file(f"new {number}.jpg", job_id="j") for number in range(5)])
        await until(lambda: len(set(worker.seen)) == 25)
        assert not task.done()
    assert f"the topic {connection.names.of(PATHS)}" in caplog.text


async def test_a_topic_that_was_made_anew_at_once_is_read_from_its_start(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    connection, worker = await connect(kafka, prefix), open_worker()
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(20)])
    async with stage(kafka, prefix, worker, tmp_path):
        await until(lambda: len(set(worker.seen)) == 20)
        await delete(connection, PATHS)
        await ensure_topics(connection)
        await publish(connection, [records.file(f"new {number}.jpg", job_id="j") for number in range(5)])
        await until(lambda: len(set(worker.seen)) == 25)


async def test_a_job_goes_on_after_its_events_were_deleted(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    """Job-status is the truth about jobs: without it, what is not finished is done again."""
    store = EdgeStore(tmp_path / "store")
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    holding = Reporter()
    async with bench(kafka, prefix, store) as world:
        folder, connection = photos(tmp_path / "photos", 8), world.connection
        async with world.scanner(tmp_path / "data") as scanner, world.stage(holding):
            # The job's events began far behind where the new topic begins.
            reported = [event(events.StateChanged(job_id=str(uuid4()), state="paused")) for _ in range(100)]
            await world.publisher.publish(reported)
            job = await world.request(folder)
            await until(lambda: len(holding.seen) == 8)
            await delete(connection, JOB_STATUS)
            await until(lambda: exists(connection, JOB_STATUS))
            holding.gate.set()
            end = await world.finished(job, SECONDS)
            assert not scanner.task.done()
    assert (end.state, end.total, end.stored) == ("completed", 8, 8)
    await store.close()


async def test_partitions_that_are_added_to_a_work_topic_are_read(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    connection, worker = await connect(kafka, prefix), open_worker()
    async with stage(kafka, prefix, worker, tmp_path) as (made, _):
        await until(lambda: made.health.state == "ready")
        await more_partitions(connection, PATHS, 6)
        async with Publisher.open(connection) as publisher:
            file = records.file("a.jpg", job_id="j")
            async with asyncio.timeout(LIMIT_S):
                while (await publisher.counts())[connection.names.of(PATHS)] < 6:
                    await asyncio.sleep(0.05)
            outgoing = work(PATHS, records.path_record(file))
            await publisher.publish([type(outgoing)(PATHS, "j", outgoing.value, partition=5)])
        await until(lambda: worker.seen == [file.file_id])


async def test_partitions_that_are_added_where_jobs_have_their_place_end_the_stage_in_words(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    connection = await connect(kafka, prefix)
    async with stage(kafka, prefix, open_worker(), tmp_path) as (made, task):
        await until(lambda: made.health.state == "ready")
        await more_partitions(connection, JOB_STATUS, 6)
        with pytest.raises(SluiceError, match="has 6 partitions and TOPIC_PARTITIONS asks for 4") as ended:
            await asyncio.wait_for(asyncio.shield(task), SECONDS)
    assert ended.value.code is Code.PARTITION_MISMATCH


async def test_missing_topics_are_made_at_the_start(kafka: Broker, prefix: str, tmp_path: Path) -> None:
    connection = Connection.of(settings(kafka, prefix, tmp_path), "test")
    async with stage(kafka, prefix, open_worker(), tmp_path) as (made, _):
        await until(lambda: made.health.state == "ready")
        assert await exists(connection, PATHS)
