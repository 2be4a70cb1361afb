"""A gateway that is killed between a job's end and its report: the next one reports it, under the same id."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from tests.integration.gateway.test_callbacks import SECRET
from tests.integration.gateway.test_jobs import accepted, finished, say
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings
from tests.support.gateway_process import GatewayProcess, gateway_process
from tests.support.qdrant import qdrant_http
from tests.support.serving import served
from tests.support.waiting import until

pytestmark = pytest.mark.slow


@dataclass
class Receiver:
    """A server that answers no call until `answers` is set."""

    ids: list[str] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        self.ids.append(request.headers["webhook-id"])
        await self.answers.wait()
        return Response(status_code=204)


@dataclass(frozen=True)
class World:
    """Jobs that end, and gateways that are killed."""

    kafka: Broker
    prefix: str
    store_port: int
    home: Path
    url: str

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[GatewayProcess]:
        """One that starts where the last one was killed."""
        options = {"CALLBACK_HOSTS": self.url, "CALLBACK_SECRET": SECRET}
        servers, data = self.kafka.bootstrap_servers, self.home / "g0"
        async with gateway_process(servers, self.prefix, self.store_port, data, **options) as started:
            yield started

    async def end(self) -> str:
        """The webhook-id of a job that has ended."""
        settings = gateway_settings(self.kafka.bootstrap_servers, self.prefix, self.home / "scanner")
        job = str(uuid4())
        async with Publisher.open(Connection.of(settings, "test")) as publisher:
            begun = structs.replace(accepted(job), callback_url=f"{self.url}/hook")
            await say(publisher, begun, finished(job, total=1, stored=1))
        return f"{job}-finished"


@pytest.fixture
async def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def world(kafka: Broker, tmp_path: Path, receiver: Receiver) -> AsyncIterator[World]:
    route = Route("/{path:path}", receiver.take, methods=["POST"])
    async with qdrant_http(tmp_path / "qdrant") as store, served(Starlette(routes=[route])) as url:
        yield World(kafka, f"t{uuid4().hex[:10]}-", store.port, tmp_path, url)
        receiver.answers.set()


async def killed(gateway: GatewayProcess) -> None:
    os.kill(gateway.process.pid, signal.SIGKILL)
    await asyncio.wait_for(gateway.process.wait(), 30)


async def test_killed_before_the_call(world: World, receiver: Receiver) -> None:
    async with world.gateway() as gateway:
        os.kill(gateway.process.pid, signal.SIGSTOP)
        ended = await world.end()
        await killed(gateway)
    assert receiver.ids == []
    receiver.answers.set()
    async with world.gateway():
        await until(lambda: receiver.ids == [ended])


async def test_killed_during_the_call(world: World, receiver: Receiver) -> None:
    async with world.gateway() as gateway:
        ended = await world.end()
        await until(lambda: receiver.ids == [ended])
        await killed(gateway)
    receiver.answers.set()
    async with world.gateway():
        await until(lambda: receiver.ids == [ended, ended])
