"""How many records each stage's group has yet to take."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from libs.common import stages
from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import bounds, committed, left
from libs.common.stages import Stage

SECONDS = 5.0


async def lags(connection: Connection) -> dict[str, int]:
    """Records by stage; empty where the brokers do not say in time."""
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            return {stage.name: await _lag(admin, connection, stage) for stage in stages.readers()}
    except (KafkaError, UnavailableError, TimeoutError):
        # The list of services is most wanted when something is wrong: it comes without lags then.
        return {}


async def _lag(admin: AIOKafkaAdminClient, connection: Connection, stage: Stage[Any]) -> int:
    taken = await committed(admin, connection, stage.name)
    first, last = await bounds(admin, connection, stage.inputs)
    return left(taken, first, last)
