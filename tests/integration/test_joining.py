"""Joining the brokers: what goes away while a stage joins does not end the stage."""

import asyncio
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection, stop_client
from libs.common.kafka.joining import while_joined
from libs.common.service import Health
from tests.support.broker import Broker
from tests.support.kafka import settings

AWAY = UnavailableError(Code.BROKER_UNAVAILABLE, "no Kafka broker answers")


@pytest.fixture
def connection(kafka: Broker, prefix: str, tmp_path: Path) -> Connection:
    return Connection.of(settings(kafka, prefix, tmp_path), "test")


async def test_work_that_lost_the_brokers_is_begun_anew(connection: Connection) -> None:
    health, tries = Health(), list[str | None]()

    async def work() -> None:
        tries.append(health.reason)
        if len(tries) == 1:
            raise AWAY

    await while_joined(connection, health, asyncio.Event(), work)
    assert tries == [None, AWAY.detail]


async def test_what_a_stage_cannot_go_on_from_ends_it(connection: Connection) -> None:
    async def work() -> None:
        raise SluiceError(Code.INTERNAL, "no way on")

    with pytest.raises(SluiceError, match="no way on"):
        await while_joined(connection, Health(), asyncio.Event(), work)


async def test_a_stop_while_the_brokers_are_lost_ends_it(connection: Connection) -> None:
    stop = asyncio.Event()

    async def work() -> None:
        stop.set()
        raise AWAY

    async with asyncio.timeout(10):
        await while_joined(connection, Health(), stop, work)


class Interrupted:
    """A client whose stop is cancelled from inside, as aiokafka's is when its broker has just gone."""

    async def stop(self) -> None:
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task


async def test_a_client_that_interrupts_itself_in_its_stop_has_stopped() -> None:
    await stop_client(Interrupted())
