"""The Kafka that tests run on: always a real one.

KAFKA_BOOTSTRAP_SERVERS names one that runs already; KAFKA_TEST=container takes a container where Docker
runs; else the embedded broker is started. Under pytest-xdist each worker has its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.settings import EmbeddedSettings

_IMAGE = "apache/kafka:4.4.0"


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that is up."""

    bootstrap_servers: str


@pytest.fixture(scope="package", name="kafka")
async def shared_kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A real broker, one for the folder of tests that imports this; they keep apart by their topic prefix."""
    async with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@asynccontextmanager
async def running_broker(directory: Path) -> AsyncIterator[Broker]:
    """The broker for one test session; an embedded one keeps its data in `directory`."""
    if servers := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield Broker(servers)
    elif os.environ.get("KAFKA_TEST") == "container":
        async with _container() as broker:
            yield broker
    else:
        settings = EmbeddedSettings()
        async with EmbeddedKafka(
            directory, cache_dir=settings.sluice_cache_dir, mirror=settings.maven_mirror, anonymous=True
        ) as embedded:
            yield Broker(embedded.bootstrap_servers)


@asynccontextmanager
async def _container() -> AsyncIterator[Broker]:
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 (needs a Docker client)

    container = KafkaContainer(_IMAGE).with_kraft()
    await asyncio.to_thread(container.start)
    try:
        yield Broker(container.get_bootstrap_server())
    finally:
        await asyncio.to_thread(container.stop)
