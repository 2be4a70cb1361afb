"""`sluice dlq replay`, end to end on the broker: what was moved away is worked on again, as it was."""

import asyncio

import pytest

from cli.dead_letters import send_back
from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.dead_letters import failed_work
from libs.common.kafka.runner.tries import blame
from libs.common.kafka.runner.trim import trim
from libs.common.kafka.tables.dead_letters import ListedLetter, read
from libs.common.messages import File
from libs.common.topics import IMAGES, MAX_MESSAGE_BYTES, PATHS, Topic
from tests.integration.test_every_topic import stage
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, records_of
from tests.support.running import open_worker, running, stored_ids
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow


async def moved_away(connection: Connection, outgoing: Outgoing) -> ListedLetter:
    """A record that was given up, since it ended its process too often; and its letter."""
    async with Publisher.open(connection) as publisher:
        (taken,) = await publisher.publish([outgoing])
        (record,) = [
            each
            for each in await records_of(connection, outgoing.topic)
            if (each.partition, each.offset) == (taken.partition, taken.offset)
        ]
        dead, *_ = failed_work(record, blame())
        await publisher.publish([dead])
    return (await read(connection)).found[-1]


def path_of(file: File) -> Outgoing:
    return work(PATHS, records.path_record(file))


async def test_a_record_that_was_put_aside_is_worked_on_after_its_replay(kafka: Broker, prefix: str) -> None:
    connection, file = await connect(kafka, prefix), records.file("a.jpg", job_id="job")
    dead = await moved_away(connection, path_of(file))
    assert dead.dead.code is Code.CRASHED_WORKER
    async with running(connection, open_worker()) as earlier:
        await until(lambda: earlier.worker.seen == [file.file_id])
        earlier.stop.set()
        await earlier.task
    await send_back(connection, [dead])
    async with running(connection, open_worker()) as later:
        await until(lambda: later.worker.seen == [file.file_id])
        async with asyncio.timeout(LIMIT_S):
            while await stored_ids(connection) != [file.file_id] * 2:
                await asyncio.sleep(0.05)


async def test_a_replayed_record_is_the_one_that_was_put_aside(kafka: Broker, prefix: str) -> None:
    """Same place, key, body and ids: else it would be another job's, or no one's."""
    connection = await connect(kafka, prefix)
    dead = await moved_away(connection, path_of(records.file("a.jpg", job_id="job")))
    await send_back(connection, [dead])
    first, second = await records_of(connection, PATHS)
    assert (first.partition, first.key, first.value) == (second.partition, second.key, second.value)
    assert dict(first.headers) == dict(second.headers)


async def test_a_record_too_large_for_its_letter_is_taken_from_its_topic(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    image = records.image_record(records.file("large.jpg", job_id="job"), b"j" * (MAX_MESSAGE_BYTES - 2000))
    dead = await moved_away(connection, work(IMAGES, image))
    assert dead.dead.body is None
    await send_back(connection, [dead])
    async with stage(connection, IMAGES) as worker:
        await until(lambda: worker.seen == [image, image])


async def test_one_that_is_no_more_is_said_and_then_nothing_is_sent(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    large = records.image_record(records.file("large.jpg", job_id="job"), b"j" * (MAX_MESSAGE_BYTES - 2000))
    small = await moved_away(connection, path_of(records.file("a.jpg", job_id="job")))
    gone = await moved_away(connection, work(IMAGES, large))
    await consume(connection, IMAGES)
    with pytest.raises(SluiceError, match="ingest its file again") as refused:
        await send_back(connection, [small, gone])
    assert refused.value.code is Code.NOT_FOUND
    assert len(await records_of(connection, PATHS)) == 1


async def consume(connection: Connection, topic: Topic) -> None:
    """Take all there is, commit it, and free the disk of it."""
    async with stage(connection, topic) as worker:
        await until(lambda: len(worker.seen) == 1)
        async with asyncio.timeout(LIMIT_S):
            while await records_of(connection, topic):
                await trim(connection, "test", (topic,))
                await asyncio.sleep(0.1)
