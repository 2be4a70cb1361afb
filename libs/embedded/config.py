"""The files that the broker reads: its properties, and how it logs.

Paths in them are relative to the broker's own directory, where it runs: an absolute one could hold
characters that mean something in these files.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from libs.embedded.access import write_private

PROPERTIES = "server.properties"
LOGGING = "log4j2.properties"
LOG = "broker.log"
_RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of one run. `properties` go over the broker's own: further listeners, say."""

    clients: int
    controller: int
    properties: Mapping[str, str] = field(default_factory=dict)

    def with_properties(self, more: Mapping[str, str]) -> "Ports":
        """The same, where `more` goes before its own properties."""
        return replace(self, properties=dict(more) | dict(self.properties))


def properties(ports: Ports) -> str:
    """One KRaft node, broker and controller, for one machine: small, quick to start, and durable.

    Topics are made by the services only. Consumed records leave the disk within seconds of their deletion,
    and groups keep their offsets for a year, since a laptop may be off for long.
    """
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{ports.controller}",
        "listeners": f"CLIENTS://127.0.0.1:{ports.clients},CONTROLLER://127.0.0.1:{ports.controller}",
        "advertised.listeners": f"CLIENTS://127.0.0.1:{ports.clients}",
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": _RECORDS,
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "log.message.timestamp.type": "LogAppendTime",
        "group.initial.rebalance.delay.ms": 0,
        "offsets.topic.num.partitions": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.retention.minutes": 365 * 24 * 60,
        "transaction.state.log.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # At 10,000 pictures a second 2 GB come in that time.
        "log.retention.check.interval.ms": 3_000,
        "log.segment.delete.delay.ms": 1_000,
        "log.index.size.max.bytes": 1024 * 1024,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        # A killed broker may not come back before the session of its former self has run out.
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
    }
    return "".join(f"{name}={value}\n" for name, value in (settings | dict(ports.properties)).items())


def logging() -> str:
    """Warnings and errors, to a file of at most 5 MB and one older one."""
    return (
        "rootLogger.level=WARN\n"
        "rootLogger.appenderRef.file.ref=File\n"
        "appender.file.type=RollingFile\n"
        "appender.file.name=File\n"
        f"appender.file.fileName={LOG}\n"
        f"appender.file.filePattern={LOG}.%i\n"
        "appender.file.layout.type=PatternLayout\n"
        "appender.file.layout.pattern=%d{ISO8601} %p %m (%c)%n\n"
        "appender.file.policies.type=Policies\n"
        "appender.file.policies.size.type=SizeBasedTriggeringPolicy\n"
        "appender.file.policies.size.size=5MB\n"
        "appender.file.strategy.type=DefaultRolloverStrategy\n"
        "appender.file.strategy.max=1\n"
    )


def write(directory: Path, ports: Ports) -> None:
    """Put both files into the broker's directory, and the log of the run before out of the way."""
    with suppress(FileNotFoundError):
        (directory / LOG).replace(directory / f"{LOG}.1")
    # The broker's secret is in it.
    write_private(directory / PROPERTIES, properties(ports).encode())
    (directory / LOGGING).write_text(logging())


def is_formatted(directory: Path) -> bool:
    """Whether the broker's storage has been formatted, so that it holds an identity and maybe data."""
    return (directory / _RECORDS / "meta.properties").exists()
