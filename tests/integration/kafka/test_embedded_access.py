"""The embedded broker lets in who knows its secret, which only its own user can read."""

import asyncio
import socket
import stat
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from libs.common.errors import Code, SluiceError
from libs.embedded import access, ports
from libs.embedded.access import Access
from libs.embedded.config import PROPERTIES
from libs.embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.slow

SECONDS = 5.0


async def is_refused(options: Access) -> bool:
    """Whether a client that comes in like this gets nothing: no list of topics, no deletion, no record."""
    admin = AIOKafkaAdminClient(**options.client_options, request_timeout_ms=int(SECONDS * 1000))
    try:
        async with asyncio.timeout(SECONDS):
            await admin.start()
            await admin.list_topics()
    except (KafkaError, TimeoutError):
        return True
    finally:
        await admin.close()
    return False


@pytest.mark.filterwarnings("ignore:Unclosed")
async def test_only_the_secret_lets_a_client_in(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path) as broker:
        servers = broker.bootstrap_servers

        assert await is_refused(Access(servers)), "anonymous"
        assert await is_refused(Access(servers, password="wrong"))
        assert await is_refused(Access(servers, username="other", password=broker.access.password))
        assert not await is_refused(broker.access)


@pytest.mark.filterwarnings("ignore:Unclosed")
async def test_the_controller_asks_for_the_secret_too(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path) as broker:
        lines = (tmp_path / "kafka" / PROPERTIES).read_text().splitlines()
        listeners = next(line for line in lines if line.startswith("listeners="))
        controller = f"127.0.0.1:{listeners.rpartition(':')[2]}"

        reader, writer = await asyncio.open_connection("127.0.0.1", int(controller.rpartition(":")[2]))
        # DescribeQuorum; a listener that asks for no secret answers it.
        request = b"\x00\x37\x00\x00\x00\x00\x00\x01\xff\xff\x00\x01\x00\x00"
        writer.write(len(request).to_bytes(4, "big") + request)
        async with asyncio.timeout(SECONDS):
            answered = await reader.read(1)
        writer.close()

        assert answered == b""
        assert broker.access.password


async def test_the_secret_is_for_its_user_alone_and_another_at_each_start(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    async with EmbeddedKafka(tmp_path) as broker:
        first = broker.access
        assert access.read(folder) == first
        modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in (access.FILE, PROPERTIES)}
        assert modes == {access.FILE: 0o600, PROPERTIES: 0o600}
    async with EmbeddedKafka(tmp_path) as broker:
        assert broker.access.password not in (None, first.password)


async def test_records_come_through(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path) as broker:
        options = broker.access.client_options
        admin = AIOKafkaAdminClient(**options)
        await admin.start()
        await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
        await admin.close()
        async with AIOKafkaProducer(**options, enable_idempotence=True) as producer:
            await producer.send_and_wait("kept", b"1")
        async with (
            AIOKafkaConsumer("kept", **options, group_id="g", auto_offset_reset="earliest") as consumer,
            asyncio.timeout(20),
        ):
            assert (await consumer.getone()).value == b"1"


def test_a_private_file_replaces_a_readable_one_and_follows_no_link(tmp_path: Path) -> None:
    target, other = tmp_path / "secret", tmp_path / "other"
    other.write_text("untouched")
    target.symlink_to(other)
    access.write_private(target, b"new")

    assert target.read_bytes() == b"new"
    assert not target.is_symlink()
    assert other.read_text() == "untouched"


async def test_clients_find_a_restarted_broker_where_it_was(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        first = broker.bootstrap_servers
    async with EmbeddedKafka(tmp_path, anonymous=True) as broker:
        assert broker.bootstrap_servers == first
        assert access.read(tmp_path / "kafka") == broker.access


def test_a_port_that_another_program_took_is_left_to_it(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        access.write(tmp_path, Access(f"127.0.0.1:{taken}"))
        assert ports.choose(tmp_path, None).clients != taken
        with pytest.raises(SluiceError, match="set KAFKA_PORT") as busy:
            ports.choose(tmp_path, taken)
    assert busy.value.code is Code.PORT_BUSY


def test_the_port_of_the_setting_goes_before_the_last_one(tmp_path: Path) -> None:
    access.write(tmp_path, Access(f"127.0.0.1:{ports.free_ports().clients}"))
    wanted = ports.free_ports().clients
    chosen = ports.choose(tmp_path, wanted)
    assert chosen.clients == wanted != chosen.controller
