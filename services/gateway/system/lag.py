"""How many records each stage's group has yet to take, and has taken."""

import asyncio
import time
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from libs.common import stages
from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.offsets import bounds, committed, left
from libs.common.stages import Stage
from services.gateway.system.flows import Flow

SECONDS = 5.0


class _Place(NamedTuple):
    left: int
    taken: int


async def lags(connection: Connection) -> dict[str, int]:
    """Records by stage; empty where the brokers do not say in time."""
    # The list of services is most wanted when something is wrong: it comes without lags then.
    return {stage: place.left for stage, place in (await _places(connection)).items()}


async def flow(connection: Connection) -> Flow | None:
    """How the groups stand now; None where the brokers do not say in time."""
    places, at = await _places(connection), time.monotonic()
    if not places:
        return None
    left_of = {stage: place.left for stage, place in places.items()}
    return Flow(at, left_of, {stage: place.taken for stage, place in places.items()})


async def _places(connection: Connection) -> dict[str, _Place]:
    try:
        async with asyncio.timeout(SECONDS), connection.admin() as admin:
            return {stage.name: await _place(admin, connection, stage) for stage in stages.readers()}
    except (KafkaError, UnavailableError, TimeoutError):
        return {}


async def _place(admin: AIOKafkaAdminClient, connection: Connection, stage: Stage[Any]) -> _Place:
    taken = await committed(admin, connection, stage.name)
    first, last = await bounds(admin, connection, stage.inputs)
    # Offsets grow also where consumed records are deleted; a group that has committed none has taken none.
    return _Place(left(taken, first, last), sum(taken.get(tp, 0) for tp in last))
