"""Joining the brokers: what goes away while a stage joins does not end the stage."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.errors import ProducerFenced

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.http.serving import listen
from libs.common.kafka import connection as connections
from libs.common.kafka.connection import Connection, stop_client
from libs.common.kafka.joining import while_joined
from libs.common.runtime.service import Health
from tests.support.broker import Broker
from tests.support.kafka import settings
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

AWAY = UnavailableError(Code.BROKER_UNAVAILABLE, "no Kafka broker answers")


@pytest.fixture
def connection(kafka: Broker, prefix: str, tmp_path: Path) -> Connection:
    return Connection.of(settings(kafka, prefix, tmp_path), "test")


async def test_work_that_lost_the_brokers_is_begun_anew(connection: Connection) -> None:
    health, tries = Health(), list[str | None]()

    async def work(_handles_stop: asyncio.Event) -> None:
        tries.append(health.reason)
        if len(tries) == 1:
            raise AWAY

    await while_joined(connection, health, asyncio.Event(), work)
    assert tries == [None, AWAY.detail]


async def test_what_a_stage_cannot_go_on_from_ends_it(connection: Connection) -> None:
    async def work(_handles_stop: asyncio.Event) -> None:
        raise SluiceError(Code.INTERNAL, "no way on")

    with pytest.raises(SluiceError, match="no way on"):
        await while_joined(connection, Health(), asyncio.Event(), work)


async def test_a_stop_while_the_brokers_are_lost_ends_it(connection: Connection) -> None:
    stop = asyncio.Event()

    async def work(_handles_stop: asyncio.Event) -> None:
        stop.set()
        raise AWAY

    async with asyncio.timeout(LIMIT_S):
        await while_joined(connection, Health(), stop, work)


async def test_a_stop_while_it_joins_ends_it_at_once(connection: Connection) -> None:
    stop, ended = asyncio.Event(), list[str]()

    async def work(_handles_stop: asyncio.Event) -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    async with asyncio.timeout(LIMIT_S):
        await while_joined(connection, Health(), stop, work)
    assert ended == ["cleaned up"]


async def test_work_that_heeds_a_stop_by_itself_is_left_to(connection: Connection) -> None:
    stop, drained = asyncio.Event(), list[str]()

    async def work(handles_stop: asyncio.Event) -> None:
        handles_stop.set()
        stop.set()
        await asyncio.sleep(0.1)
        drained.append("all of it")

    await while_joined(connection, Health(), stop, work)
    assert drained == ["all of it"]


async def test_what_the_brokers_refuse_for_good_is_told_in_words(connection: Connection) -> None:
    async def work(_handles_stop: asyncio.Event) -> None:
        raise ProducerFenced

    with pytest.raises(SluiceError, match="ProducerFenced") as refused:
        await while_joined(connection, Health(), asyncio.Event(), work)
    assert refused.value.code is Code.BROKER_REFUSED
    assert not isinstance(refused.value, UnavailableError)


async def test_a_client_that_never_comes_up_is_given_up(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens takes connections and never says a word, as a broker does that hangs."""
    monkeypatch.setattr(connections, "START_SECONDS", 0.3)
    monkeypatch.setattr(connections, "STOP_SECONDS", 0.3)
    with listen("127.0.0.1", 0) as mute:
        where = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="has not started"):
            async with asyncio.timeout(LIMIT_S), replace(connection, bootstrap_servers=where).producer():
                pass


class Interrupted:
    """A client whose stop is cancelled from inside, as aiokafka's is when its broker has just gone."""

    async def stop(self) -> None:
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task


async def test_a_client_that_interrupts_itself_in_its_stop_has_stopped() -> None:
    await stop_client(Interrupted())
