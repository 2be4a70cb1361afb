"""Sending records of dead letters back to where they came from."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import DeadLetter
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.outgoing import FILE_ID_HEADER, JOB_ID_HEADER
from libs.common.kafka.tables.dead_letters import ListedLetter
from libs.common.settings import StageSettings
from libs.common.topics import ALL
from libs.embedded import access
from services.settings import RunSettings

_FETCH_SECONDS = 10.0
_CONNECT_SECONDS = 20.0


@asynccontextmanager
async def connected(settings: StageSettings, run: RunSettings) -> AsyncIterator[Connection]:
    """A connection to the Kafka that is configured, else to the embedded one of a running `sluice run`.

    Raises UnavailableError if none answers.
    """
    embedded = None if run.kafka_bootstrap_servers else access.read(run.data_dir / "kafka")
    if not run.kafka_bootstrap_servers and embedded is None:
        raise UnavailableError(Code.BROKER_UNAVAILABLE, _no_broker(run))
    if embedded:
        access.hush_loopback()
        settings = StageSettings(**settings.model_dump() | dict(embedded.settings))
    connection = Connection.of(settings, "cli")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS), connection.admin():
            pass
    except (UnavailableError, TimeoutError) as error:
        if not embedded and isinstance(error, UnavailableError):
            raise
        detail = _no_broker(run) if embedded else f"no Kafka broker answers at {connection.bootstrap_servers}"
        raise UnavailableError(Code.BROKER_UNAVAILABLE, detail) from error
    yield connection


def _no_broker(run: RunSettings) -> str:
    return (
        f"no embedded Kafka runs with its data in {run.data_dir}: start `sluice run`, "
        "or set DATA_DIR, or KAFKA_BOOTSTRAP_SERVERS to your own"
    )


async def send_back(connection: Connection, dead_letters: Sequence[ListedLetter]) -> None:
    """Publish each letter's record again, to its own topic and partition, with its key and ids.

    Checks all before any is sent. Raises SluiceError not_found for one whose record is no more, and
    invalid_request for one of a topic that is not ours.
    """
    bodies = [await _body(connection, each) for each in dead_letters]
    async with connection.producer() as producer:
        with broker_errors(connection.bootstrap_servers):
            for each, body in zip(dead_letters, bodies, strict=True):
                dead = each.dead
                await producer.send_and_wait(
                    dead.topic, body, key=dead.key, partition=dead.partition, headers=_headers(dead)
                )


async def _body(connection: Connection, each: ListedLetter) -> bytes:
    """What the record held: in the letter if it was small, else still on its topic."""
    dead = each.dead
    if dead.topic not in {connection.names.of(topic) for topic in ALL}:
        raise SluiceError(
            Code.INVALID_REQUEST, f"{each.place}: {dead.topic} is no topic of this installation"
        )
    if dead.body is not None:
        return dead.body
    at = TopicPartition(dead.topic, dead.partition)
    async with connection.consumer() as consumer:
        consumer.assign([at])
        found = await _from(consumer, at, dead.offset)
    for record in found:
        if record.offset == dead.offset and record.value is not None:
            return bytes(record.value)
    raise SluiceError(
        Code.NOT_FOUND,
        f"{each.place}: the record was too large for its letter, and is no longer on {dead.topic}; "
        "ingest its file again instead",
    )


async def _from(consumer: AIOKafkaConsumer, at: TopicPartition, offset: int) -> list[ConsumerRecord]:
    """The first record from this offset on; none if what is there begins later."""
    if offset < (await consumer.beginning_offsets([at]))[at]:
        return []
    consumer.seek(at, offset)
    found = await consumer.getmany(at, timeout_ms=int(_FETCH_SECONDS * 1000), max_records=1)
    return list(found.get(at, ()))


def _headers(dead: DeadLetter) -> list[tuple[str, bytes]]:
    ids = {FILE_ID_HEADER: dead.file_id, JOB_ID_HEADER: dead.job_id}
    return [(name, value.encode()) for name, value in ids.items() if value is not None]
