"""Members of groups that should not be there: of processes that are gone, for which the living would wait a
session, and of another process of one's own name.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.group import LeaveGroupRequest

from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection

log = logging.getLogger(__name__)

SECONDS = 5.0
TWIN_SECONDS = 10.0
"""After so long a replica looks for another of its name, which has joined again by then."""
PAUSE_SECONDS = 0.05


@asynccontextmanager
async def group_consumer(
    connection: Connection, group: str, **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """Connection.consumer of a group, from which this replica's member of before is removed first.

    A killed replica that starts again would else wait, and the whole group with it, until the session of its
    former self is over. Two replicas of one name remove each other once, and join again; the log says so.
    """
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            await members_out(admin, connection.names.group(group), connection.client_id)
    except (KafkaError, TimeoutError, UnavailableError) as error:
        log.info("the member of before is waited for: %s", error)
    async with connection.consumer(group=group, **options) as consumer:
        looking = asyncio.create_task(_report_twin(connection, group), name=f"twins in {group}")
        try:
            yield consumer
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)


def _looks(connection: Connection) -> tuple[float, float]:
    """Seconds before each look for another of one's name; a member whose process is gone is no more there at
    the second.
    """
    return TWIN_SECONDS, connection.session_s + 1


async def _report_twin(connection: Connection, group: str) -> None:
    """Say once if another process is a member of the group under this replica's name."""
    for pause_s in _looks(connection):
        await asyncio.sleep(pause_s)
        try:
            async with asyncio.timeout(SECONDS), connection.admin() as admin:
                _, members = await _members(admin, connection.names.group(group), connection.client_id)
        except (KafkaError, TimeoutError, UnavailableError) as error:
            log.debug("whether there is another %s is not known: %s", connection.client_id, error)
            return
        if len(members) < 2:
            return
    log.error(
        "another process is called %s too: work goes on, but each start of one removes the other from its "
        "group; give each replica an INSTANCE of its own",
        connection.client_id,
    )


async def remove_stale_members(connection: Connection, stages: Iterable[str]) -> None:
    """Have every member leave these stages' groups: for brokers that have just started and are ours alone.

    Those that cannot be removed are waited for, as ever.
    """
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            for stage in stages:
                while not await _empty(admin, connection.names.group(stage)):  # noqa: ASYNC110
                    await asyncio.sleep(PAUSE_SECONDS)
    except (KafkaError, TimeoutError, UnavailableError) as error:
        log.info("the members of before are waited for: %s", error)


async def _empty(admin: AIOKafkaAdminClient, group: str) -> bool:
    """Whether the group is empty; who is in it, as far as the brokers have read that yet, leaves."""
    try:
        return await members_out(admin, group) == 0
    except KafkaError as error:
        if not error.retriable:
            raise
        return False


async def members_out(admin: AIOKafkaAdminClient, group: str, client_id: str | None = None) -> int:
    """Have members leave the group, all or those of one client; how many. They hear it at their next word."""
    coordinator, leaving = await _members(admin, group, client_id)
    for member in leaving:
        # The client has no call of its own for it.
        await admin._send_request(LeaveGroupRequest(group, member), coordinator)  # noqa: SLF001
    return len(leaving)


async def _members(admin: AIOKafkaAdminClient, group: str, client_id: str | None) -> tuple[int, list[str]]:
    """The group's coordinator, and the ids of its members, all or those of one client."""
    coordinator = await admin.find_coordinator(group)
    (answer,) = await admin.describe_consumer_groups([group], group_coordinator_id=coordinator)
    code, *_, members = answer.groups[0]
    if code:
        raise for_code(code)
    return coordinator, [member for member, its_client, *_ in members if client_id in (None, its_client)]
