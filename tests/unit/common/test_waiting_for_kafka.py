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


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("ingest", 0, None), None),
        (("ingest", 36, "Topic 'ingest' already exists."), None),
        (("ingest", 38, "Unable to replicate the partition 1 time(s): All brokers are currently fenced"),
         Code.BROKER_UNAVAILABLE),
        (("ingest", 38, "The target replication factor of 3 cannot be reached because only 1 broker(s) are "
          "registered."), Code.BAD_SETTING),
        (("ingest", 29), Code.BAD_SETTING),
    ],
    ids=["made", "there already", "brokers that start", "too few brokers", "not allowed"],
)  # fmt: skip
def test_brokers_that_only_start_are_waited_for_and_what_stays_refused_is_said(
    answer: tuple[object, ...], code: Code | None
) -> None:
    """Messages as Kafka 4 gives them; until a broker has registered it takes no topics."""
    try:
        check_created([answer])
    except SluiceError as error:
        assert error.code is code
    else:
        assert code is None
