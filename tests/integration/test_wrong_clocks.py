"""A machine whose clock is an hour off: the brokers' time is everybody's, and no wait goes by it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from libs.common import events
from libs.common.kafka.clock import BrokerClock
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import event
from libs.common.kafka.publisher import Publisher
from libs.common.runtime.heartbeat import beat
from libs.common.runtime.service import Health
from libs.common.store.edge import EdgeStore
from libs.common.topics import SERVICES
from services.gateway.api.clock import utc
from services.gateway.system import presence
from tests.integration.scanner.test_lost_records import Losing
from tests.support.broker import Broker
from tests.support.kafka import connect, records_of
from tests.support.scanning import COLLECTION, bench, photos
from tests.support.waiting import eventually, until

pytestmark = pytest.mark.slow

HOUR = 3600.0


def off_by(seconds: float) -> Callable[[], float]:
    return lambda: time.time() + seconds


async def first_beats(connection: Connection, off_s: float) -> list[events.Heartbeat]:
    """What a stage on a machine with a wrong clock says first: twice."""
    async with Publisher.open(connection, BrokerClock(off_by(off_s))) as publisher:
        health = Health()
        health.ready()
        beating = asyncio.create_task(beat(publisher, "scanner", "s0", health))
        try:
            found = await eventually(lambda: records_of(connection, SERVICES), lambda seen: len(seen) >= 2)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
    return [events.decode(record.value, events.Heartbeat) for record in found]


@pytest.mark.parametrize("off_s", [-HOUR, HOUR])
async def test_a_stage_with_a_wrong_clock_is_seen_as_it_is(kafka: Broker, prefix: str, off_s: float) -> None:
    connection = await connect(kafka, prefix)
    last = (await first_beats(connection, off_s))[-1]
    (shown,) = presence.instances([last], utc(time.time()))
    assert shown.state == "ready"
    # And one that says nothing any more is gone, however late its clock would have it.
    (silent,) = presence.instances([last], utc(time.time() + 60))
    assert silent.state == "gone"


@pytest.mark.parametrize("off_s", [-HOUR, HOUR])
async def test_a_gateway_with_a_wrong_clock_tells_the_brokers_time(
    kafka: Broker, prefix: str, off_s: float
) -> None:
    connection = await connect(kafka, prefix)
    async with Publisher.open(connection, BrokerClock(off_by(off_s))) as publisher:
        assert abs(publisher.clock.now() - time.time()) > HOUR / 2
        await publisher.publish([event(events.StateChanged(job_id="j", state="paused"))])
        assert abs(publisher.clock.now() - time.time()) < 5


async def test_lost_files_are_found_although_the_clock_is_set_back(
    kafka: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files sent before the clock was set back are not taken for files of the future."""
    async with EdgeStoreOf(tmp_path / "store") as store, bench(kafka, prefix, store) as world:
        losing = Losing({"00001.jpg": 1})
        folder, clock = photos(tmp_path / "photos", 4), time.time
        async with world.scanner(tmp_path / "data", scanner_quiet_seconds=0.4), world.stage(losing):
            job = await world.request(folder)
            await until(lambda: len(losing.seen) == 4)
            monkeypatch.setattr(time, "time", lambda: clock() - HOUR)
            end = await world.finished(job)
    assert (end.state, end.stored, end.failed) == ("completed", 4, 0)
    assert losing.times("00001.jpg") == 2


class EdgeStoreOf:
    """A store with one collection, for as long as the block lasts."""

    def __init__(self, folder: Path) -> None:
        self._store = EdgeStore(folder)

    async def __aenter__(self) -> EdgeStore:
        await self._store.open()
        await self._store.create(COLLECTION, 4, "Cosine")
        return self._store

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()
