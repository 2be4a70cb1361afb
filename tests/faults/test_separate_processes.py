"""Stages as operating-system processes of their own: two of each with some killed, and over TLS."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common import messages
from libs.common.errors import Code, UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import work
from libs.common.kafka.publisher import Publisher
from libs.common.messages import ImageRecord, PathRecord
from libs.common.settings import StageSettings
from libs.common.topics import IMAGES, PATHS
from tests.chaos.__main__ import main
from tests.chaos.replicas import Replica
from tests.chaos.settings import ChaosSettings
from tests.support import photos
from tests.support.broker import Broker
from tests.support.kafka import connect, records_of
from tests.support.tls import TlsBroker, tls_broker
from tests.support.waiting import LIMIT_S
from tests.unit.processor.samples import file_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TlsBroker]:
    async with tls_broker(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.mark.parametrize("way", ["by_certificate", "by_password"])
async def test_a_stage_works_over_tls(broker: TlsBroker, way: str, tmp_path: Path, prefix: str) -> None:
    connection = await connect(Broker(broker.plain), prefix)
    photo = tmp_path / "a.jpg"
    photo.write_bytes(photos.jpeg(96, 64))
    environment = {**getattr(broker, way), "TOPIC_PREFIX": prefix, "TOPIC_PARTITIONS": "4"}
    environment |= {"SCAN_ROOTS": str(tmp_path), "DECODE_WORKERS": "1"}
    stage = Replica("processor", "p0", tmp_path, environment)
    await stage.start()
    try:
        async with Publisher.open(connection) as publisher, asyncio.timeout(LIMIT_S):
            await publisher.publish([work(PATHS, PathRecord(file=file_for(photo)))])
            while not (found := await records_of(connection, IMAGES)):
                assert stage.ended_by_itself is None, stage.last_words()
                await asyncio.sleep(0.1)
    finally:
        status = await stage.end(signal.SIGTERM)
    image = messages.decode(found[0].value, ImageRecord)
    assert (image.content.width, image.content.height) == (96, 64)
    assert status == 0, stage.last_words()


@pytest.mark.parametrize(
    ("way", "wrong", "message"),
    [
        (
            "by_password",
            {"KAFKA_SASL_PASSWORD": "another"},
            "KAFKA_SASL_PASSWORD",
        ),
        ("by_password", {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, "does not know this KAFKA_SASL_MECHANISM"),
        ("by_password", {"KAFKA_SSL_CAFILE": None}, "unable to get local issuer certificate"),
        (
            "by_certificate",
            {"KAFKA_SSL_CERTFILE": None, "KAFKA_SSL_KEYFILE": None},
            "does it want a certificate",
        ),
        ("plain", {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "wants no password"),
    ],
)
async def test_brokers_that_let_nobody_in_say_why(
    broker: TlsBroker, way: str, wrong: dict[str, str | None], message: str
) -> None:
    right = broker.by_password | {"KAFKA_BOOTSTRAP_SERVERS": broker.plain}
    environment = (right if way == "plain" else getattr(broker, way)) | wrong
    given = {name.lower(): value for name, value in environment.items() if value is not None}
    connection = Connection.of(StageSettings.model_validate(given), "test")
    with pytest.raises(UnavailableError, match=message) as refused:
        async with connection.admin():
            pass
    assert refused.value.code is Code.BROKER_UNAVAILABLE
    assert connection.bootstrap_servers in refused.value.detail


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_two_of_each_stage_lose_nothing_when_some_are_killed(tmp_path: Path) -> None:
    settings = ChaosSettings(
        chaos_seconds=10, chaos_files=300, chaos_seed=1, chaos_faults=("kill", "term", "join", "leave")
    )
    assert await main(settings, tmp_path)
