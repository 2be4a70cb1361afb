"""A stage that waits for Kafka says so, once a reason."""

import asyncio
import logging

import pytest

from libs.common.kafka.connection import Connection
from libs.common.kafka.topics.admin import wait_for_topics
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
