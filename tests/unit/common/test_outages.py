"""What is away is logged once, and once when it is back, with how long that took."""

from typing import Any

import pytest

from libs.common.errors import Code, UnavailableError
from libs.common.kafka.clock import BrokerClock
from libs.common.runtime import heartbeat
from libs.common.runtime.heartbeat import beat
from libs.common.runtime.outage import Outage
from libs.common.runtime.service import Health, Work, WorkingOn
from tests.support.serving import working
from tests.support.waiting import until


class Brokers:
    """A publisher whose brokers may be away."""

    clock = BrokerClock()

    def __init__(self) -> None:
        self.away = False
        self.taken = self.refused = 0

    async def publish(self, _: object) -> None:
        if self.away:
            self.refused += 1
            raise UnavailableError(Code.BROKER_UNAVAILABLE, "no Kafka broker answers")
        self.taken += 1


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat, "_LOOK_SECONDS", 0.01)


def test_an_outage_is_two_lines_however_often_it_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    outage = Outage(lambda: now)
    outage.gone("the store is away")
    outage.gone("the store is still away")
    now = 112.34
    outage.back("the store is back")
    outage.back("the store is back")
    assert caplog.messages == ["the store is away", "the store is back, after 12.3 s"]


def test_a_stage_that_waits_says_so_and_that_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    health = Health(stage="upserter")
    health.ready()
    for _ in range(3):
        health.waiting("Qdrant does not answer")
    health.ready()
    health.waiting("Kafka is away", logged=True)
    health.ready()
    assert caplog.messages[0] == "upserter waits: Qdrant does not answer"
    assert [message.rpartition(",")[0] for message in caplog.messages[1:]] == ["upserter works again"] * 2


async def test_brokers_that_do_not_take_heartbeats_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    brokers: Any = Brokers()
    async with working(beat(brokers, "scanner", "s0", Health())):
        await until(lambda: brokers.taken > 0)
        brokers.away, before = True, brokers.taken
        await until(lambda: brokers.refused > 3)
        brokers.away = False
        await until(lambda: brokers.taken > before)
    away, back = caplog.messages
    assert away == "scanner: the brokers do not take its heartbeat: no Kafka broker answers"
    assert back.startswith("scanner: the brokers take its heartbeat again, after ")


async def test_the_file_that_is_worked_on_for_long_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    brokers: Any = Brokers()
    hung = Work(3, (WorkingOn("j", "f", "/photos/hangs.jpg", since=-1000.0, tries=0),))
    async with working(beat(brokers, "processor", "p0", Health(work=lambda: hung))):
        await until(lambda: brokers.taken > 3)
    (line,) = caplog.messages
    assert "/photos/hangs.jpg" in line
    assert "job j" in line
