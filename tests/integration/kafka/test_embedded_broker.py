"""The embedded broker keeps data through restarts, and leaves nothing behind however its owner ends."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.common.errors import Code, SluiceError
from libs.embedded.jvm import MARKER
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.process import PID
from tests.support.broker import Broker
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

OWNER = """
    import asyncio, pathlib, sys
    from libs.embedded.kafka import EmbeddedKafka

    async def main():
        async with EmbeddedKafka(pathlib.Path(sys.argv[1]), anonymous=True) as broker:
            print(broker.bootstrap_servers, flush=True)
            await asyncio.Event().wait()

    asyncio.run(main())
"""


async def make_topic(servers: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(servers: str, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def consume(servers: str, topic: str, group: str, count: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest"
    ) as consumer:
        values: list[bytes | None] = []
        async with asyncio.timeout(LIMIT_S):
            while len(values) < count:
                values.append((await consumer.getone()).value)
        await consumer.commit()
        return values


def processes_of(directory: Path) -> list[psutil.Process]:
    """The broker of `directory` and its guard, as far as they live."""
    marker = f"{MARKER}{directory / 'kafka'}"
    return [
        process for process in psutil.process_iter(["cmdline"]) if marker in (process.info["cmdline"] or [])
    ]


def broker_of(directory: Path) -> psutil.Process:
    (broker,) = [process for process in processes_of(directory) if process.name() == "java"]
    return broker


def left_after(directory: Path, seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while (left := processes_of(directory)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.fixture
def owner(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that owns a broker in tmp_path, ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("127.0.0.1:")
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has nothing to do with any broker."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate(b"\n")


async def test_what_is_produced_is_consumed_by_a_group(kafka: Broker, prefix: str) -> None:
    await make_topic(kafka.bootstrap_servers, f"{prefix}a")
    await produce(kafka.bootstrap_servers, f"{prefix}a", b"1", b"2")
    assert await consume(kafka.bootstrap_servers, f"{prefix}a", f"{prefix}g", 2) == [b"1", b"2"]


async def test_records_and_committed_offsets_survive_a_restart(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        await make_topic(broker.bootstrap_servers, "kept")
        await produce(broker.bootstrap_servers, "kept", b"1", b"2")
        assert await consume(broker.bootstrap_servers, "kept", "g", 2) == [b"1", b"2"]
        await produce(broker.bootstrap_servers, "kept", b"3")
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        assert await consume(broker.bootstrap_servers, "kept", "g", 1) == [b"3"]


async def test_a_topic_that_nobody_made_is_not_made_by_reading(kafka: Broker, prefix: str) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers) as consumer:
        assert f"{prefix}never" not in await consumer.topics()
        consumer.assign([TopicPartition(f"{prefix}never", 0)])
        assert f"{prefix}never" not in await consumer.topics()


async def test_a_second_owner_in_this_process_is_refused(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True):
        with pytest.raises(SluiceError, match=rf"pid {os.getpid()}\b") as caught:
            await EmbeddedKafka(tmp_path, anonymous=True).start()
    assert caught.value.code is Code.DATA_DIR_BUSY


async def test_a_second_process_is_refused_and_told_the_first_ones_pid(
    tmp_path: Path, owner: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(SluiceError, match=rf"pid {owner.pid}\b") as caught:
        await EmbeddedKafka(tmp_path, anonymous=True).start()
    assert caught.value.code is Code.DATA_DIR_BUSY


async def test_no_broker_is_left_when_its_owner_is_killed(
    tmp_path: Path, owner: "subprocess.Popen[str]"
) -> None:
    assert processes_of(tmp_path)
    owner.send_signal(signal.SIGKILL)
    assert not await asyncio.to_thread(left_after, tmp_path, 10.0)


async def test_a_kill_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        await make_topic(broker.bootstrap_servers, "kept")
        await produce(broker.bootstrap_servers, "kept", b"1")
        broker_of(tmp_path).kill()
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        assert await consume(broker.bootstrap_servers, "kept", "g", 1) == [b"1"]


async def test_an_orphan_is_ended_by_the_next_start(tmp_path: Path, owner: "subprocess.Popen[str]") -> None:
    # Stopped processes can end no one: the broker is alone when the next owner comes.
    orphan = broker_of(tmp_path)
    orphan.suspend()
    guard = psutil.Process(orphan.ppid())
    guard.suspend()
    owner.kill()
    owner.wait()
    orphan.resume()
    async with EmbeddedKafka(tmp_path, anonymous=True):
        assert broker_of(tmp_path) != orphan
    guard.kill()


async def test_a_pid_file_of_somebody_else_ends_nobody(
    tmp_path: Path, bystander: "subprocess.Popen[bytes]"
) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / PID).write_text(f"{bystander.pid}\n")
    async with EmbeddedKafka(tmp_path, anonymous=True):
        assert bystander.poll() is None


async def test_a_broker_that_dies_at_start_says_why(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True):
        pass
    meta = tmp_path / "kafka" / "records" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
    with pytest.raises(SluiceError, match="Stored node id 7") as caught:
        await EmbeddedKafka(tmp_path, anonymous=True).start()
    assert caught.value.code is Code.BROKER_UNAVAILABLE
    assert not processes_of(tmp_path)


async def test_a_broker_that_dies_later_is_noticed(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        watching = asyncio.create_task(broker.watch())
        broker_of(tmp_path).kill()
        with pytest.raises(SluiceError, match="ended by itself"):
            await asyncio.wait_for(watching, 10)
