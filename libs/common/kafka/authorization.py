"""Why brokers that are there let no client in: the client tells only that it found none."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

CONNECT_SECONDS = 5.0

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (SaslAuthenticationFailed, "{} (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD)"),
    (UnsupportedSaslMechanismError, "it does not know this KAFKA_SASL_MECHANISM"),
    (IllegalSaslStateError, "it wants no password (KAFKA_SECURITY_PROTOCOL)"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted, {} (KAFKA_SSL_CAFILE)"),
    (ssl.SSLError, "TLS fails, {} (KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_CERTFILE)"),
    (
        KafkaConnectionError,
        "it closed the connection: is it starting, or does it want a certificate, TLS or a password?",
    ),
)


async def refusal(bootstrap_servers: str, security: Mapping[str, Any]) -> str | None:
    """What the first broker that has something against us says; None if there is no such broker."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            for host, port, _ in collect_hosts(bootstrap_servers):
                if (message := await _message(host, port, security)) is not None:
                    return f"the Kafka broker at {host}:{port} does not let us in: {message}"
    except TimeoutError:
        pass
    return None


async def _message(host: str, port: int, security: Mapping[str, Any]) -> str | None:
    """What is said to a connection like the client's own."""
    try:
        connection = await create_conn(host, port, **security)
    except (OSError, KafkaError) as error:
        return _in_words(error)
    connection.close()
    return None


def _in_words(error: OSError | KafkaError) -> str | None:
    """What the error has to do with settings; None: no answer came."""
    message = getattr(error, "verify_message", None) or error
    return next((words.format(message) for kind, words in _WORDS if isinstance(error, kind)), None)
