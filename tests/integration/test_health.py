"""Probes of whole stages on a real broker: idle with the store away, unheard, stuck."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiokafka.structs import TopicPartition

from libs.common.http import probes
from libs.common.kafka.connection import Connection
from libs.common.kafka.runner.batch import Input
from libs.common.kafka.runner.stage import Wired, WorkerStage
from libs.common.kafka.runner.tries import Tries
from libs.common.messages import PathRecord
from libs.common.runtime import heartbeat
from libs.common.runtime.service import Service
from libs.common.stages import Stage
from libs.common.topics import PATHS
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.process import PID
from services.upserter import watch
from services.upserter.app import build as build_upserter
from services.upserter.settings import UpserterSettings
from tests.support.broker import Broker
from tests.support.forbidding import throw_out
from tests.support.kafka import connect, settings
from tests.support.qdrant import HOST, qdrant_http
from tests.support.qdrant_faults import Fault
from tests.support.running import open_worker
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

SECONDS = 30.0


@asynccontextmanager
async def under_way(service: Service) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def says(port: int, path: str, status: int, words: str = "") -> None:
    """Wait until the probe answers so; fails with TimeoutError."""
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}{path}")
            except httpx.TransportError:
                pass
            else:
                if answer.status_code == status and words in answer.text:
                    return
            await asyncio.sleep(0.05)


def stage_of(kafka: Broker, prefix: str, data: Path, port: int) -> WorkerStage[PathRecord]:
    async def wire(*_: object) -> Wired[PathRecord]:
        return Wired(open_worker())

    ours = settings(kafka, prefix, data).model_copy(update={"health_port": port})
    return WorkerStage(ours, Input(Stage("test", (PATHS,), PathRecord), batch=8), wire)


async def test_an_idle_upserter_says_that_its_store_is_away(
    kafka: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.2)
    async with qdrant_http(tmp_path / "qdrant") as store:
        port = free_port()
        ours = UpserterSettings(
            kafka_bootstrap_servers=kafka.bootstrap_servers, topic_prefix=prefix, topic_partitions=4,
            instance="u0", data_dir=tmp_path, health_port=port, qdrant_host=HOST, qdrant_port=store.port,
        )  # fmt: skip
        async with under_way(build_upserter(ours)):
            await says(port, "/readyz", 200)
            await store.fault(Fault("status", times=10**6))
            await says(port, "/readyz", 503, f"{HOST}:{store.port} does not answer")
            await says(port, "/livez", 200)
            await store.no_faults()
            await says(port, "/readyz", 200)


@pytest.mark.slow
async def test_a_stage_whose_broker_hangs_says_that_nobody_hears_it(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.3)
    monkeypatch.setattr(probes, "UNHEARD_SECONDS", 1.5)
    async with EmbeddedKafka(tmp_path / "broker", anonymous=True) as broker:
        port = free_port()
        java = int((tmp_path / "broker" / "kafka" / PID).read_text())
        stage = stage_of(Broker(broker.bootstrap_servers), prefix, tmp_path, port)
        async with under_way(stage):
            await says(port, "/readyz", 200)
            os.kill(java, signal.SIGSTOP)
            try:
                await says(port, "/readyz", 503, "the brokers have not taken its heartbeat")
                await says(port, "/livez", 200)
            finally:
                os.kill(java, signal.SIGCONT)
            await says(port, "/readyz", 200)


@pytest.mark.slow
async def test_a_stage_whose_consumer_is_stuck_asks_for_a_restart(
    kafka: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that is never answered, made while partitions move: the stage polls no more."""
    monkeypatch.setattr(probes, "STUCK_SECONDS", 1.5)
    connection, port = await connect(kafka, prefix), free_port()
    async with under_way(stage_of(kafka, prefix, tmp_path, port)):
        await says(port, "/readyz", 200)
        await says(port, "/livez", 200)

        async def never(
            _self: Tries, _connection: Connection, _stage: str, _held: Iterable[TopicPartition]
        ) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(Tries, "load", never)
        assert await throw_out(connection, "test") == 1
        await says(port, "/livez", 503, "it has not asked for work")
        await says(port, "/readyz", 503)
        monkeypatch.undo()
