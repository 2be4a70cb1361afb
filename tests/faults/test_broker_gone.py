"""A stage whose broker goes away in the middle of work: a stop ends within its deadline all the same."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from libs.embedded.kafka import EmbeddedKafka
from tests.support.gateway_process import gateway_process
from tests.support.qdrant import qdrant_http
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S

DRAIN_SECONDS = 5


@asynccontextmanager
async def stage_process(
    stage: str, broker: EmbeddedKafka, home: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The stage as a process of its own, ready; killed at the end if it still runs."""
    health = free_port()
    ours = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PARTITIONS": "2",
        "HEALTH_PORT": str(health),
        "DATA_DIR": str(home / "data"),
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{stage}", env=os.environ | ours, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(LIMIT_S), httpx.AsyncClient() as client:
            while not await is_ready(client, health):
                await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def kill_broker(directory: Path) -> None:
    """End the Java process of the broker in `directory`, and no other, as a power cut would."""
    ours = [
        child
        for child in psutil.Process().children(recursive=True)
        if "java" in child.name() and Path(child.cwd()).is_relative_to(directory)
    ]
    assert len(ours) == 1
    ours[0].kill()


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["scanner", "processor"])
async def test_a_stop_does_not_hang_on_a_broker_that_is_gone(tmp_path: Path, stage: str) -> None:
    async with (
        EmbeddedKafka(tmp_path / "broker", anonymous=True) as broker,
        stage_process(stage, broker, tmp_path) as process,
    ):
        kill_broker(tmp_path)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), DRAIN_SECONDS + 10)
        assert status in (0, 1)
        assert time.monotonic() - began < DRAIN_SECONDS + 5


@pytest.mark.slow
async def test_a_gateway_that_is_told_to_stop_ends_well_without_its_broker(tmp_path: Path) -> None:
    """It owes Kafka nothing: what it has not written down there, the next one writes."""
    async with (
        EmbeddedKafka(tmp_path / "broker", anonymous=True) as broker,
        qdrant_http(tmp_path / "qdrant") as store,
        gateway_process(broker.bootstrap_servers, "t-", store.port, tmp_path / "one") as gateway,
    ):
        kill_broker(tmp_path)
        began = time.monotonic()
        assert await gateway.stop() == 0, gateway.log.read_text()
        assert time.monotonic() - began < 14
