"""A stage that waits for Kafka says so, once a reason."""

import asyncio
import logging

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.topics.admin import check_created, wait_for_topics
from libs.common.settings import StageSettings
from tests.support.waiting import LIMIT_S


async def test_a_stage_without_a_broker_logs_it_once(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection.of(StageSettings(kafka_bootstrap_servers="127.0.0.1:1", instance="0"), "scanner")
    stop, reported = asyncio.Event(), 0

    def say(_reason: str) -> None:
        nonlocal reported
        reported += 1
        if reported == 2:
            stop.set()

    with caplog.at_level(logging.WARNING, logger="libs"):
        async with asyncio.timeout(LIMIT_S):
            assert not await wait_for_topics(connection, stop, say)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("libs.")]
    assert ours == ["scanner-0 waits for Kafka: no Kafka broker answers at 127.0.0.1:1"]


FENCED = "Unable to replicate the partition 1 time(s): All brokers are currently fenced"
TOO_FEW = "The target replication factor of 3 cannot be reached because only 1 broker(s) are registered."
"""As Kafka 4 words them; until a broker has registered it takes no topics."""


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("ingest", 38, FENCED), Code.BROKER_UNAVAILABLE),
        (("ingest", 38, TOO_FEW), Code.BAD_SETTING),
        (("ingest", 29), Code.BAD_SETTING),
    ],
    ids=["brokers that start", "too few brokers", "not allowed"],
)
def test_brokers_that_only_start_are_waited_for_and_what_stays_refused_is_said(
    answer: tuple[object, ...], code: Code
) -> None:
    with pytest.raises(SluiceError) as raised:
        check_created([answer])
    assert raised.value.code is code


def test_topics_that_are_there_by_now_are_no_fault() -> None:
    check_created([("ingest", 0, None), ("paths", 36, "Topic 'paths' already exists.")])
