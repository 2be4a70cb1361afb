"""A broker that forbids things, and a group that throws its members out: as an administrator would do it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from libs.common.kafka.connection import Connection
from libs.common.kafka.stale_members import members_out
from libs.common.kafka.topics.rights import Right
from libs.common.topics import Topic
from libs.embedded.config import Ports
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.ports import free_ports
from libs.embedded.settings import EmbeddedSettings
from tests.support.broker import Broker
from tests.support.kafka import connect
from tests.support.waiting import LIMIT_S

USER, PASSWORD = "sluice", "of the test"
TOPIC, GROUP, LITERAL, DENY, ALLOW = 2, 3, 3, 2, 3
ALL, READ, WRITE, DESCRIBE = 2, 3, 4, 8
KINDS = {"topic": TOPIC, "group": GROUP}
OPERATIONS = {"Read": READ, "Write": WRITE, "Delete": 6, "Describe": DESCRIBE, "DescribeConfigs": 10}
"""Numbers of Kafka's protocol."""


@dataclass(frozen=True, slots=True)
class ForbiddingBroker:
    """`plain` may do everything; who comes by password may do what has not been forbidden."""

    plain: Broker
    secured: str

    def environment(self, prefix: str, user: str = USER) -> dict[str, str]:
        """The settings of a stage that comes by password."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.secured,
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD": PASSWORD,
            "TOPIC_PREFIX": prefix,
            "TOPIC_PARTITIONS": "4",
        }

    async def connect(self, prefix: str) -> tuple[Connection, Connection]:
        """Connections on the test's topics: the administrator's, and the one that can be forbidden things."""
        plain = await connect(self.plain, prefix)
        return plain, self.by_password(plain, USER)

    def by_password(self, plain: Connection, user: str) -> Connection:
        """The connection, as this user."""
        security = {
            "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN",
            "sasl_plain_username": user, "sasl_plain_password": PASSWORD,
        }  # fmt: skip
        return replace(plain, bootstrap_servers=self.secured, security=security)


@asynccontextmanager
async def forbidding_broker(
    home: Path, users: Iterable[str] = (USER,), *, closed: bool = False
) -> AsyncIterator[ForbiddingBroker]:
    """A broker of its own, with access lists; a closed one denies all that is not granted."""
    known = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
    plain, secured = free_ports(), free_ports()
    addresses = f"CLIENTS://127.0.0.1:{plain.clients},PASSWORD://127.0.0.1:{secured.clients}"
    properties = {
        "listeners": f"{addresses},CONTROLLER://127.0.0.1:{plain.controller}",
        "advertised.listeners": addresses,
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.password.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain."
        f"PlainLoginModule required {known};",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": str(not closed).lower(),
    }
    settings, ports = EmbeddedSettings(), Ports(plain.clients, plain.controller, properties)
    async with EmbeddedKafka(
        home, cache_dir=settings.sluice_cache_dir, mirror=settings.maven_mirror, ports=ports, anonymous=True
    ) as broker:
        yield ForbiddingBroker(Broker(broker.bootstrap_servers), f"127.0.0.1:{secured.clients}")


async def forbid(plain: Connection, topic: Topic, operation: int) -> None:
    """Let USER do everything with this topic but read, write or describe it; returns once that holds."""
    about = (TOPIC, plain.names.of(topic), LITERAL, f"User:{USER}", "*")
    async with plain.admin() as admin, asyncio.timeout(LIMIT_S):
        for rule in ((*about, ALL, ALLOW), (*about, operation, DENY)):
            # The client has no calls of its own for access lists.
            await admin._send_to_controller(CreateAclsRequest(*rule))
            while not (await admin._send_request(DescribeAclsRequest(*rule))).resources:
                await asyncio.sleep(0.02)


async def grant(plain: Connection, user: str, rights: Iterable[Right]) -> None:
    """Let the user do these things; returns once that holds."""
    rules = [
        (KINDS[right.resource], right.named(plain.names), LITERAL, f"User:{user}", "*", OPERATIONS[operation],
         ALLOW)
        for right in rights
        for operation in right.operations
    ]  # fmt: skip
    async with plain.admin() as admin, asyncio.timeout(LIMIT_S):
        for rule in rules:
            await admin._send_to_controller(CreateAclsRequest(*rule))
        while not (await admin._send_request(DescribeAclsRequest(*rules[-1]))).resources:
            await asyncio.sleep(0.02)


async def throw_out(connection: Connection, stage: str) -> int:
    """Put every member out of the stage's group; they hear of it at their next word. How many there were."""
    async with connection.admin() as admin:
        return await members_out(admin, connection.names.group(stage))
