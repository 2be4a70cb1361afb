"""How to come in at the embedded broker: its address, and the secret that it asks for.

The broker makes the secret at its start, another one each time, as its ports are other ones too: so what a
process of another user might have been sent, had it taken the port of a broker that died, is of no use later.
"""

import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

USER = "sluice"
FILE = "access.json"
_MECHANISM = "PLAIN"
_PROTOCOL = "SASL_PLAINTEXT"
_CLEAR = "Sending username and password in the clear"


class Access(Struct, frozen=True):
    """What a client needs to be let in. `password` None: any client is."""

    bootstrap_servers: str
    username: str = USER
    password: str | None = None

    @property
    def settings(self) -> Mapping[str, str]:
        """As the settings of a stage, by their names; in upper case they are its environment."""
        shared = {"kafka_bootstrap_servers": self.bootstrap_servers}
        if self.password is None:
            return shared | {"kafka_security_protocol": "PLAINTEXT"}
        return shared | {
            "kafka_security_protocol": _PROTOCOL,
            "kafka_sasl_mechanism": _MECHANISM,
            "kafka_sasl_username": self.username,
            "kafka_sasl_password": self.password,
        }

    @property
    def client_options(self) -> Mapping[str, Any]:
        """As the options of aiokafka's clients."""
        shared = {"bootstrap_servers": self.bootstrap_servers}
        if self.password is None:
            return shared
        return shared | {
            "security_protocol": _PROTOCOL,
            "sasl_mechanism": _MECHANISM,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


def made(bootstrap_servers: str) -> Access:
    """Access by a new secret of 256 random bits."""
    return Access(bootstrap_servers, password=secrets.token_urlsafe(32))


def broker_properties(access: Access) -> dict[str, str]:
    """What makes the broker ask for the secret on both its listeners: of programs, and of its controller."""
    if access.password is None:
        return {}
    login = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{access.username}" password="{access.password}" '
        f'user_{access.username}="{access.password}";'
    )
    return {
        "listener.security.protocol.map": f"CLIENTS:{_PROTOCOL},CONTROLLER:{_PROTOCOL}",
        "sasl.enabled.mechanisms": _MECHANISM,
        "sasl.mechanism.inter.broker.protocol": _MECHANISM,
        "sasl.mechanism.controller.protocol": _MECHANISM,
        "listener.name.clients.plain.sasl.jaas.config": login,
        "listener.name.controller.plain.sasl.jaas.config": login,
    }


def write(directory: Path, access: Access) -> None:
    """Put it into the broker's directory, for the user alone whom the broker runs as."""
    write_private(directory / FILE, msgspec.json.encode(access))


def read(directory: Path) -> Access | None:
    """Access to the broker of `directory` as it was last started; None if it never was."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Access)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place whole, never readable for any other user. OSError where that cannot be."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)


def hush_loopback() -> None:
    """Keep aiokafka from warning at each connection that a password travels in the clear: here it may."""
    logging.getLogger("aiokafka.conn").addFilter(_is_no_notice)


def _is_no_notice(record: logging.LogRecord) -> bool:
    return record.msg != _CLEAR
