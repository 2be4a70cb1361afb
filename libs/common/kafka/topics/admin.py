"""Making the topics that are missing, once those that are there were found to be as they are needed."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code
from aiokafka.protocol.metadata import MetadataRequest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.time_limit import time_limit
from libs.common.kafka.topics.configs import CHECKED, faults, flaws, topic_configs
from libs.common.kafka.topics.rights import warn_missing
from libs.common.runtime.retry import pauses
from libs.common.runtime.service import pause, run_with_stop
from libs.common.topics import ALL, Partitions, Topic

log = logging.getLogger(__name__)

SETTLE_SECONDS = 20.0
_WAY_OUT = "`sluice topics --format commands` prints how they are meant to be"


async def ensure_topics(connection: Connection) -> None:
    """Create the topics that are missing; refuse to start on others that would lose jobs or records.

    Nothing is created before all that are there have been checked. Raises SluiceError partition_mismatch or
    bad_setting, with one sentence that names all that differ, and UnavailableError when no broker answers.
    """
    async with connection.admin() as admin:
        with broker_errors(connection.bootstrap_servers):
            counts = await _partition_counts(admin, connection)
            there = [topic for topic in ALL if connection.names.of(topic) in counts]
            check_counts(connection, counts, there)
            check_configs(connection, await _configs(admin, connection, there))
            if missing := [topic for topic in ALL if topic not in there]:
                await _create(admin, connection, missing)
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


def partition_count(partitions: int, topic: Topic) -> int:
    """How many partitions a topic is made with, where spread ones have `partitions`."""
    return 1 if topic.partitions is Partitions.ONE else partitions


async def _partition_counts(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    """By name, those of our topics that are there; a cluster that makes topics by itself makes none."""
    names = [connection.names.of(topic) for topic in ALL]
    # The client's own call has the cluster make what it asks for.
    found = await admin._send_request(MetadataRequest(names, allow_auto_topic_creation=False))  # noqa: SLF001
    counts: dict[str, int] = {}
    for topic in found.to_object()["topics"]:
        if for_code(topic["error_code"]) is TopicAuthorizationFailedError:
            raise TopicAuthorizationFailedError(topic["topic"])
        if topic["partitions"]:
            counts[topic["topic"]] = len(topic["partitions"])
    return counts


async def _settled_counts(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    """The counts once every topic has partitions: new ones take a moment to reach all brokers."""
    async with time_limit(SETTLE_SECONDS, f"new topics have no leader after {SETTLE_SECONDS:.0f} s"):
        while True:
            counts = await _partition_counts(admin, connection)
            if len(counts) == len(ALL):
                return counts
            await asyncio.sleep(0.05)


async def _configs(
    admin: AIOKafkaAdminClient, connection: Connection, topics: Sequence[Topic]
) -> dict[Topic, dict[str, str]]:
    """Of these topics what is checked; without those that may not be looked at, which is said."""
    by_name = {connection.names.of(topic): topic for topic in topics}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(CHECKED)) for name in by_name]
    found: dict[Topic, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked) if asked else ():
        for code, _, _, name, entries, *_ in answer.resources:
            if for_code(code) is TopicAuthorizationFailedError:
                warn_missing("DescribeConfigs", "topic", name, "its configuration is not checked")
            elif not code:
                found[by_name[name]] = {entry[0]: entry[1] for entry in entries}
    return found


async def _create(admin: AIOKafkaAdminClient, connection: Connection, topics: Sequence[Topic]) -> None:
    """Ask for all of them; others may be doing so too."""
    response = await admin.create_topics([_declared(connection, topic) for topic in topics])
    check_created(response.topic_errors)


def check_created(answers: Iterable[Sequence[Any]]) -> None:
    """Raise if a topic could not be made: name, error code and (of most brokers) message of each.

    UnavailableError broker_unavailable while its brokers only start: they answer before they take topics.
    """
    refused = {
        str(name): str(next(filter(None, rest), for_code(code).__name__))
        for name, code, *rest in answers
        if code and not issubclass(for_code(code), TopicAlreadyExistsError)
    }
    if any("fenced" in message for message in refused.values()):
        raise UnavailableError(Code.BROKER_UNAVAILABLE, "the Kafka brokers are starting")
    if refused:
        named = ", ".join(f"{name} ({message})" for name, message in refused.items())
        raise SluiceError(
            Code.BAD_SETTING,
            f"Kafka refuses to create the topics that are missing: {named}. Have them made, or "
            f"grant Create on them; {_WAY_OUT}",
        )


def _declared(connection: Connection, topic: Topic) -> NewTopic:
    return NewTopic(
        connection.names.of(topic),
        partition_count(connection.partitions, topic),
        connection.replication,
        topic_configs=topic_configs(topic, connection.min_insync),
    )


def check_counts(connection: Connection, counts: Mapping[str, int], topics: Iterable[Topic] = ALL) -> None:
    """Raise SluiceError partition_mismatch where a count is not the declared one and jobs would suffer.

    A job's place depends on the counts of some topics, so those never change once jobs exist.
    """
    wanted = connection.partitions
    found = {
        connection.names.of(topic): counts.get(connection.names.of(topic))
        for topic in topics
        if topic.fixed_partitions
    }
    wrong = {name: count for name, count in found.items() if count != wanted}
    if not wrong:
        return
    listed = ", ".join(f"the topic {name} has {count} partitions" for name, count in wrong.items())
    same = len(set(found.values())) == 1
    way_out = f"set TOPIC_PARTITIONS={next(iter(wrong.values()))}" if same else "give all of them one count"
    detail = f"{listed} and TOPIC_PARTITIONS asks for {wanted}: {way_out}, or a new TOPIC_PREFIX"
    raise SluiceError(Code.PARTITION_MISMATCH, detail)


def check_configs(connection: Connection, configs: Mapping[Topic, Mapping[str, str]]) -> None:
    """Raise SluiceError bad_setting for topics that would lose records; what bothers others alone is said."""
    if wrong := _sentence(connection, configs, faults):
        raise SluiceError(Code.BAD_SETTING, f"topics are not as Sluice needs them: {wrong}; {_WAY_OUT}")
    if odd := _sentence(connection, configs, flaws):
        log.warning("topics are not as they are meant to be: %s; %s", odd, _WAY_OUT)


def _sentence(
    connection: Connection,
    configs: Mapping[Topic, Mapping[str, str]],
    of: Callable[[Topic, Mapping[str, str]], Iterable[str]],
) -> str:
    found = {connection.names.of(topic): list(of(topic, given)) for topic, given in configs.items()}
    return "; ".join(f"{name}: {', '.join(each)}" for name, each in found.items() if each)
