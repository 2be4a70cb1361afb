"""Publishing scan requests, through FastStream, which also documents the public topics."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from libs.common.errors import Code, SluiceError
from libs.common.events import MAX_REQUEST_BYTES, ScanRequest, encode
from libs.common.kafka.connection import STOP_SECONDS, Connection, broker_errors
from libs.common.topics import INGEST
from libs.common.tracing.spans import HEADER, current
from services.gateway.api.deadlines import deadline

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


class Requests:
    """The gateway's end of `ingest`."""

    def __init__(self, broker: KafkaBroker, topic_name: str) -> None:
        self._broker = broker
        self._topic = topic_name

    @classmethod
    @asynccontextmanager
    async def open(cls, connection: Connection) -> AsyncIterator["Requests"]:
        """Connected to the brokers; disconnected at the end, within STOP_SECONDS."""
        broker = faststream_broker(connection)
        try:
            with broker_errors(connection.bootstrap_servers):
                await broker.connect()
            yield cls(broker, connection.names.of(INGEST))
        finally:
            await _stop(broker)

    async def publish(self, request: ScanRequest) -> None:
        """Return once the brokers have the request; UnavailableError if that takes too long.

        Raises SluiceError invalid_request for one that is longer than a scanner takes.
        """
        body = encode(request)
        if len(body) > MAX_REQUEST_BYTES:
            limit = f"the request is longer than {MAX_REQUEST_BYTES // 1024} KB"
            raise SluiceError(
                Code.INVALID_REQUEST, f"{limit}: name the files in a manifest, or in several jobs"
            )
        async with deadline("taking the request"):
            with broker_errors("the address in KAFKA_BOOTSTRAP_SERVERS"):
                await self._broker.publish(
                    body,
                    topic=self._topic,
                    key=str(request.job_id).encode(),
                    headers={HEADER: trace} if (trace := current.get()) else None,
                )


def faststream_broker(connection: Connection) -> KafkaBroker:
    """FastStream's broker with our connection; it has not connected."""
    return KafkaBroker(
        connection.bootstrap_servers,
        client_id=connection.client_id,
        acks="all",
        enable_idempotence=True,
        security=_security(connection.security),
        logger=None,
    )


def _security(options: Any) -> BaseSecurity | None:
    """FastStream's words for the security options of our connections."""
    tls = options.get("ssl_context")
    if mechanism := options.get("sasl_mechanism"):
        user, password = options["sasl_plain_username"], options["sasl_plain_password"]
        return _SASL[mechanism](user or "", password or "", ssl_context=tls)
    return BaseSecurity(ssl_context=tls) if tls else None


async def _stop(broker: KafkaBroker) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await broker.stop()
    except (TimeoutError, KafkaError):
        # Its requests were acknowledged or have failed: nothing of it is left to save.
        return
