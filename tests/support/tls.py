"""A broker with TLS listeners for tests: one that wants client certificates, one that wants a password."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from libs.embedded.config import Ports
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.ports import free_ports
from libs.embedded.settings import EmbeddedSettings

HOST = "127.0.0.1"
USER, PASSWORD = "sluice", "a secret, of sorts"


@dataclass(frozen=True, slots=True)
class TlsBroker:
    """How to reach it: plainly, and by the environment of a stage for either way of TLS."""

    plain: str
    by_certificate: dict[str, str]
    by_password: dict[str, str]


@asynccontextmanager
async def tls_broker(home: Path) -> AsyncIterator[TlsBroker]:
    """A broker of its own, with certificates of a CA that only this test knows."""
    certificates = _certificates(home)
    plain, secure = free_ports(), free_ports()
    ports = Ports(plain.clients, plain.controller, _properties(certificates, plain, secure))
    settings = EmbeddedSettings()
    async with EmbeddedKafka(
        home, cache_dir=settings.sluice_cache_dir, mirror=settings.maven_mirror, ports=ports, anonymous=True
    ) as broker:
        yield TlsBroker(
            plain=broker.bootstrap_servers,
            by_certificate={
                "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{secure.clients}",
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_SSL_CAFILE": str(certificates.authority),
                "KAFKA_SSL_CERTFILE": str(certificates.client),
                "KAFKA_SSL_KEYFILE": str(certificates.client_key),
            },
            by_password={
                "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{secure.controller}",
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SSL_CAFILE": str(certificates.authority),
                "KAFKA_SASL_MECHANISM": "PLAIN",
                "KAFKA_SASL_USERNAME": USER,
                "KAFKA_SASL_PASSWORD": PASSWORD,
            },
        )


@dataclass(frozen=True, slots=True)
class _Certificates:
    authority: Path
    broker: Path
    client: Path
    client_key: Path


def _certificates(home: Path) -> _Certificates:
    authority = trustme.CA()
    broker, client = authority.issue_cert(HOST), authority.issue_cert("stage.example")
    files = _Certificates(home / "ca.pem", home / "broker.pem", home / "client.pem", home / "client.key")
    authority.cert_pem.write_to_path(files.authority)
    files.broker.write_bytes(
        _pkcs8(broker.private_key_pem.bytes()) + b"".join(pem.bytes() for pem in broker.cert_chain_pems)
    )
    client.cert_chain_pems[0].write_to_path(files.client)
    client.private_key_pem.write_to_path(files.client_key)
    return files


def _pkcs8(key: bytes) -> bytes:
    """The one form of a private key that Kafka reads."""
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _properties(certificates: _Certificates, plain: Ports, secure: Ports) -> dict[str, str]:
    """Two more listeners. PEM files, so that no key store of Java's has to be made."""
    advertised = (
        f"CLIENTS://{HOST}:{plain.clients},CERTIFICATE://{HOST}:{secure.clients},"
        f"PASSWORD://{HOST}:{secure.controller}"
    )
    return {
        "listeners": f"{advertised},CONTROLLER://{HOST}:{plain.controller}",
        "advertised.listeners": advertised,
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "CERTIFICATE:SSL,PASSWORD:SASL_SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.broker),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
        "listener.name.certificate.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.password.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain."
        f'PlainLoginModule required user_{USER}="{PASSWORD}";',
    }
