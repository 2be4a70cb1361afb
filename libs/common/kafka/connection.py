"""How to reach the brokers: the one place that turns settings into Kafka clients."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from libs.common.errors import UnavailableError
from libs.common.kafka.authorization import refusal
from libs.common.kafka.broker_errors import as_ours
from libs.common.kafka.inflation import bound_inflation
from libs.common.kafka.time_limit import time_limit
from libs.common.settings import StageSettings
from libs.common.topics import MAX_MESSAGE_BYTES, Topic, TopicNames

METADATA_SECONDS = 10.0
"""How often a client asks again which topics and partitions there are; by itself it would every 5 minutes."""
START_SECONDS = 60.0
"""A client asks for its producer's number indefinitely; after this long it is started again."""
STOP_SECONDS = 5.0
"""A client whose broker is gone retries indefinitely when it is stopped; it gets this long."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A cluster, the names used on it, and the client id to show there."""

    bootstrap_servers: str
    client_id: str
    names: TopicNames
    partitions: int
    replication: int
    min_insync: int
    session_s: float
    security: Mapping[str, Any]

    @classmethod
    def of(cls, settings: StageSettings, stage: str) -> "Connection":
        """The connection of one replica of a stage; its client id survives a restart."""
        return cls(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id=f"{stage}-{settings.instance}",
            names=TopicNames(settings.topic_prefix),
            partitions=settings.topic_partitions,
            replication=settings.topic_replication,
            min_insync=settings.topic_min_insync,
            session_s=settings.kafka_session_seconds,
            security=_security(settings),
        )

    @asynccontextmanager
    async def consumer(
        self, *topics: Topic, group: str | None = None, **options: Any
    ) -> AsyncIterator[AIOKafkaConsumer]:
        """A started consumer of raw records that commits nothing by itself; stopped at the end.

        `options` override ours.
        """
        defaults: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": self.client_id,
            "group_id": None if group is None else self.names.group(group),
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            # Other systems write to public topics, also in transactions: what they take back never counts.
            "isolation_level": "read_committed",
            # Records end the wait at once. A short one is what an idle consumer costs; but a partition newly
            # given waits for the fetch before it, which the broker answers first.
            "fetch_max_wait_ms": 250,
            "metadata_max_age_ms": int(METADATA_SECONDS * 1000),
            "session_timeout_ms": int(self.session_s * 1000),
            "heartbeat_interval_ms": int(min(self.session_s * 1000 / 10, 3_000)),
            "rebalance_timeout_ms": 60_000,
            **self.security,
        }
        bound_inflation()
        consumer = AIOKafkaConsumer(*(self.names.of(topic) for topic in topics), **(defaults | options))
        async with self._started(consumer):
            yield consumer

    @asynccontextmanager
    async def producer(self, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
        """A started idempotent producer; what is buffered is sent before it stops."""
        defaults: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": self.client_id,
            "enable_idempotence": True,
            "max_request_size": MAX_MESSAGE_BYTES + 64 * 1024,
            "max_batch_size": 512 * 1024,
            **self.security,
        }
        producer = AIOKafkaProducer(**(defaults | options))
        async with self._started(producer):
            yield producer

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """A started admin client."""
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap_servers, client_id=self.client_id, **self.security
        )
        async with self._let_in(self.bootstrap_servers):
            await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def _started(self, client: Any) -> AsyncIterator[None]:
        try:
            async with self._let_in("the address in KAFKA_BOOTSTRAP_SERVERS"):
                await _start(client)
            yield
        finally:
            await stop_client(client)

    @asynccontextmanager
    async def _let_in(self, where: str) -> AsyncIterator[None]:
        """As `broker_errors`, for a client's start: brokers that are there say what they have against it."""
        try:
            with broker_errors(where):
                yield
        except UnavailableError as error:
            if message := await refusal(self.bootstrap_servers, self.security):
                raise UnavailableError(error.code, message) from error
            raise


@contextmanager
def broker_errors(where: str) -> Iterator[None]:
    """Turn what aiokafka raises into errors of ours: see refusals.as_ours."""
    try:
        yield
    except KafkaError as error:
        raise as_ours(error, where) from error


async def _start(client: Any) -> None:
    # The limit is _undivided's own, which cancels nothing halfway.
    async with time_limit(None, f"a client of Kafka has not started in {START_SECONDS:.0f} s"):
        await _undivided(client.start(), START_SECONDS)


async def stop_client(client: Any) -> None:
    """Stop a consumer or producer, within STOP_SECONDS even if its broker is gone."""
    try:
        await _undivided(client.stop(), STOP_SECONDS)
    except (TimeoutError, KafkaError):
        # Nothing more can be done for it: what it had not sent was never acknowledged to anyone.
        return


async def _undivided(call: Coroutine[Any, Any, None], timeout_s: float | None = None) -> None:
    """Await a client's start or stop in a task of its own, whole even if the caller is cancelled meanwhile.

    Cancelled halfway, aiokafka leaves a connection open (in a start) or swallows the cancel (in a stop).
    """
    task = asyncio.create_task(call)
    try:
        await asyncio.wait([task], timeout=timeout_s)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=STOP_SECONDS)
        raise
    finally:
        if not task.done():
            task.cancel()
        elif not task.cancelled():
            # Asked for here, so that a failure no caller waits for any more is not complained about later.
            task.exception()
    if not task.done():
        raise TimeoutError
    if task.cancelled():
        # aiokafka awaits tasks that it has cancelled itself; this task was not cancelled.
        raise KafkaConnectionError("the client was interrupted")
    task.result()


def _security(settings: StageSettings) -> dict[str, Any]:
    protocol = settings.kafka_security_protocol
    options: dict[str, Any] = {"security_protocol": protocol}
    if protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return options


def _ssl_context(settings: StageSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile)
    if settings.kafka_ssl_certfile:
        context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile)
    return context
