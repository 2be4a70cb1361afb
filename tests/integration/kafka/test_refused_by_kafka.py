"""What a stage does when the brokers refuse it: one clear sentence, and nothing committed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from libs.common import events
from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.joining import while_joined
from libs.common.kafka.offsets import committed
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner import finishing
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.runner import Runner
from libs.common.messages import PathRecord
from libs.common.runtime.service import Health
from libs.common.stages import Stage
from libs.common.topics import DEAD_LETTERS, PATHS
from sluice.terminal import EXIT_FAILED
from tests.support import records
from tests.support.forbidding import DESCRIBE, READ, WRITE, ForbiddingBroker, forbid, forbidding_broker
from tests.support.kafka import records_of
from tests.support.running import Recording, open_worker, publish, running
from tests.support.waiting import eventually, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ForbiddingBroker]:
    async with forbidding_broker(tmp_path_factory.mktemp("forbidding")) as running_one:
        yield running_one


@asynccontextmanager
async def stage(
    connection: Connection, worker: Recording, health: Health
) -> AsyncIterator[asyncio.Task[None]]:
    """A stage of this worker, as a process has it: what ends it is what would be told."""

    async def work(handles_stop: asyncio.Event) -> None:
        handles_stop.set()
        async with Publisher.open(connection) as publisher:
            source = Input(Stage("test", (PATHS,), PathRecord), batch=8, in_flight=1)
            await Runner(connection, publisher, worker, source, health).run(asyncio.Event())

    task = asyncio.create_task(while_joined(connection, health, asyncio.Event(), work))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def refusal(task: asyncio.Task[None]) -> SluiceError:
    with pytest.raises(SluiceError) as refused:
        await asyncio.wait_for(task, 30)
    return refused.value


async def nothing_is_committed(connection: Connection) -> bool:
    async with connection.admin() as admin:
        return not any((await committed(admin, connection, "test")).values())


async def test_a_commit_that_is_refused_ends_the_stage_and_the_records_come_again(
    broker: ForbiddingBroker, prefix: str
) -> None:
    plain, secured = await broker.connect(prefix)
    await publish(plain, [records.file("a.jpg", job_id="j")])
    worker = Recording()
    async with stage(secured, worker, Health()) as ending:
        await until(lambda: len(worker.seen) == 1)
        await forbid(plain, PATHS, READ)
        worker.gate.set()
        refused = await refusal(ending)
    assert refused.code is Code.BROKER_REFUSED
    assert "TopicAuthorizationFailed" in refused.detail
    assert plain.names.of(PATHS) in refused.detail
    assert "KAFKA_SASL_USERNAME" in refused.detail
    assert await nothing_is_committed(plain)
    async with running(plain, open_worker()) as second:
        await until(lambda: len(second.worker.seen) == 1)


async def test_a_dead_letter_that_is_refused_is_said_and_ends_the_stage_uncommitted(
    broker: ForbiddingBroker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "REFUSED_SECONDS", 1.5)
    plain, secured = await broker.connect(prefix)
    await forbid(plain, DEAD_LETTERS, WRITE)
    bad, health = records.file("bad.jpg", job_id="j"), Health()
    async with Publisher.open(plain) as publisher:
        await publisher.publish([Outgoing(PATHS, "j", b"\xffnonsense", file_id=bad.file_id)])
    async with stage(secured, open_worker(), health) as ending:
        await until(lambda: health.state == "waiting")
        assert plain.names.of(DEAD_LETTERS) in str(health.reason)
        assert not ending.done(), "it did not back off"
        assert (await refusal(ending)).code is Code.BROKER_REFUSED
    assert await nothing_is_committed(plain)
    async with running(plain, open_worker()):
        await eventually(lambda: records_of(plain, DEAD_LETTERS))
    (dead_letter,) = await records_of(plain, DEAD_LETTERS)
    assert events.decode(dead_letter.value, events.DeadLetter).file_id == bad.file_id


@pytest.mark.parametrize("operation", [READ, DESCRIBE])
async def test_a_process_that_may_not_use_its_topic_ends_with_one_line(
    broker: ForbiddingBroker, prefix: str, tmp_path: Path, operation: int
) -> None:
    plain, _ = await broker.connect(prefix)
    await forbid(plain, PATHS, operation)
    environment = broker.environment(prefix) | {
        "DATA_DIR": str(tmp_path),
        "DECODE_WORKERS": "1",
        "LOG_LEVEL": "ERROR",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.processor"), env=os.environ | environment,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, message = await asyncio.wait_for(process.communicate(), 40)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == EXIT_FAILED
    (line,) = message.decode().splitlines()
    assert line.startswith("sluice: Kafka forbids it (TopicAuthorizationFailedError")
