"""Members of groups whose processes are gone: the living would wait a session for them."""

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
PAUSE_SECONDS = 0.05


@asynccontextmanager
async def group_consumer(
    connection: Connection, group: str, **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """Connection.consumer of a group, from which this replica's member of before is removed first.

    A killed replica that starts again would else wait, and the whole group with it, until the session of its
    former self is over. Two replicas of one name remove each other once, and join again.
    """
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            await members_out(admin, connection.names.group(group), connection.client_id)
    except (KafkaError, TimeoutError, UnavailableError) as error:
        log.info("the member of before is waited for: %s", error)
    async with connection.consumer(group=group, **options) as consumer:
        yield consumer


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
    coordinator = await admin.find_coordinator(group)
    (answer,) = await admin.describe_consumer_groups([group], group_coordinator_id=coordinator)
    code, *_, members = answer.groups[0]
    if code:
        raise for_code(code)
    leaving = [member for member, its_client, *_ in members if client_id in (None, its_client)]
    for member in leaving:
        # The client has no call of its own for it.
        await admin._send_request(LeaveGroupRequest(group, member), coordinator)  # noqa: SLF001
    return len(leaving)
