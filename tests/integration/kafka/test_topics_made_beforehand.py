"""Topics that somebody else made: checked before anything is created, and named all at once."""

import logging

import pytest
from aiokafka.admin import NewTopic

from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.kafka.topics.configs import topic_configs
from libs.common.topics import INGEST, JOB_STATUS, JOBS, PATHS, SCANS, Topic
from tests.support.broker import Broker
from tests.support.kafka import settings

pytestmark = pytest.mark.slow


@pytest.fixture
def connection(kafka: Broker, prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    return Connection.of(settings(kafka, prefix, tmp_path_factory.getbasetemp()), "test")


async def make(connection: Connection, topic: Topic, partitions: int = 4, **changed: str) -> None:
    configs = topic_configs(topic, 1) | {name.replace("_", "."): value for name, value in changed.items()}
    async with connection.admin() as admin:
        await admin.create_topics(
            [NewTopic(connection.names.of(topic), partitions, 1, topic_configs=configs)]
        )


async def ours(connection: Connection) -> set[str]:
    async with connection.admin() as admin:
        found = [each["topic"] for each in await admin.describe_topics() if each["partitions"]]
    return {name for name in found if name.startswith(connection.names.prefix)}


async def test_all_that_differ_are_named_and_nothing_is_made(connection: Connection) -> None:
    await make(connection, SCANS, cleanup_policy="delete")
    await make(connection, PATHS, max_message_bytes="1000", message_timestamp_type="CreateTime")
    with pytest.raises(SluiceError) as refused:
        await ensure_topics(connection)
    assert refused.value.code is Code.BAD_SETTING
    for part in (
        f"{connection.names.of(SCANS)}: cleanup.policy is delete, not compact",
        f"{connection.names.of(PATHS)}: message.timestamp.type is CreateTime, not LogAppendTime",
        "max.message.bytes is 1000, less than 987136",
        "sluice topics --format commands",
    ):
        assert part in refused.value.detail
    assert await ours(connection) == {connection.names.of(SCANS), connection.names.of(PATHS)}


async def test_each_count_that_differs_is_named(connection: Connection) -> None:
    await make(connection, INGEST, partitions=2)
    await make(connection, JOB_STATUS, partitions=3)
    with pytest.raises(SluiceError) as refused:
        await ensure_topics(connection)
    assert refused.value.code is Code.PARTITION_MISMATCH
    for topic, count in ((INGEST, 2), (JOB_STATUS, 3)):
        assert f"the topic {connection.names.of(topic)} has {count} partitions" in refused.value.detail
    assert len(await ours(connection)) == 2


async def test_what_bothers_only_others_is_a_warning(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await make(connection, JOBS, compression_type="lz4")
    with caplog.at_level(logging.WARNING):
        await ensure_topics(connection)
    assert f"{connection.names.of(JOBS)}: compression.type is lz4" in caplog.text
