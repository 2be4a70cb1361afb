"""Making the topics as they are declared."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.time_limit import time_limit
from libs.common.runtime.retry import pauses
from libs.common.runtime.service import pause, run_with_stop
from libs.common.topics import ALL, MAX_MESSAGE_BYTES, Partitions, Topic

log = logging.getLogger(__name__)

SETTLE_SECONDS = 20.0


async def ensure_topics(connection: Connection) -> None:
    """Create the topics that are missing; refuse to start on a partition count that would lose jobs.

    Raises SluiceError partition_mismatch, and UnavailableError when no broker answers.
    """
    async with connection.admin() as admin:
        with broker_errors(connection.bootstrap_servers):
            await _create_missing(admin, connection)
            check_counts(connection, await _settled_counts(admin, connection))


async def wait_for_topics(connection: Connection, stop: asyncio.Event, say: Callable[[str], None]) -> bool:
    """ensure_topics, tried until a broker answers, saying why it waits; False if `stop` came first."""
    waits, logged = pauses(first_s=0.5), ""
    while not stop.is_set():
        try:
            return await run_with_stop(stop, lambda _: ensure_topics(connection))
        except UnavailableError as error:
            if error.detail != logged:
                log.warning("%s waits for Kafka: %s", connection.client_id, error.detail)
                logged = error.detail
            say(f"waiting for Kafka: {error.detail}")
            await pause(stop, next(waits))
    return False


def partition_count(connection: Connection, topic: Topic) -> int:
    """How many partitions a topic is made with."""
    return 1 if topic.partitions is Partitions.ONE else connection.partitions


async def _partition_counts(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    found = await admin.describe_topics([connection.names.of(topic) for topic in ALL])
    for topic in found:
        if for_code(topic["error_code"]) is TopicAuthorizationFailedError:
            raise TopicAuthorizationFailedError(topic["topic"])
    return {topic["topic"]: len(topic["partitions"]) for topic in found}


async def _settled_counts(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    """The counts once every topic has partitions: new ones take a moment to reach all brokers."""
    async with time_limit(SETTLE_SECONDS, f"new topics have no leader after {SETTLE_SECONDS:.0f} s"):
        while True:
            counts = await _partition_counts(admin, connection)
            if all(counts.values()):
                return counts
            await asyncio.sleep(0.05)


async def _create_missing(admin: AIOKafkaAdminClient, connection: Connection) -> None:
    """Ask for all of them: asking first which exist would make a cluster that may create them do so."""
    response = await admin.create_topics([_declared(connection, topic) for topic in ALL])
    for name, code, *rest in response.topic_errors:
        if code and not issubclass(for_code(code), TopicAlreadyExistsError):
            message = rest[0] if rest else for_code(code).__name__
            raise SluiceError(Code.BAD_SETTING, f"Kafka refuses to create the topic {name}: {message}")


def _declared(connection: Connection, topic: Topic) -> NewTopic:
    return NewTopic(
        connection.names.of(topic),
        partition_count(connection, topic),
        connection.replication,
        topic_configs=topic_configs(topic, connection.min_insync),
    )


def topic_configs(topic: Topic, min_insync: int) -> dict[str, str]:
    """What a topic is made with."""
    configs = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "segment.bytes": str(topic.segment_bytes),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_MESSAGE_BYTES + 64 * 1024),
    }
    if min_insync > 1:
        configs["min.insync.replicas"] = str(min_insync)
    if topic.retention_ms is not None:
        configs["retention.ms"] = str(topic.retention_ms)
    if topic.compression:
        configs["compression.type"] = topic.compression
    return configs


def check_counts(connection: Connection, counts: Mapping[str, int]) -> None:
    """Raise SluiceError partition_mismatch where a count is not the declared one and jobs would suffer.

    A job's place depends on the counts of some topics, so those never change once jobs exist.
    """
    for topic in ALL:
        found, wanted = counts.get(connection.names.of(topic)), partition_count(connection, topic)
        if topic.fixed_partitions and found != wanted:
            raise SluiceError(
                Code.PARTITION_MISMATCH,
                f"the topic {connection.names.of(topic)} has {found} partitions and TOPIC_PARTITIONS asks "
                f"for {wanted}: set TOPIC_PARTITIONS={found}, or a new TOPIC_PREFIX",
            )
