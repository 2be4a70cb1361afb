"""The other replicas of a stage, by their heartbeats."""

from libs.common import events
from libs.common.events import Heartbeat
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.tables.table import Table
from libs.common.runtime.heartbeat import STALE_SECONDS
from libs.common.topics import SERVICES


async def others_work(connection: Connection, stage: str, instance: str, now: float) -> bool:
    """Whether another replica of the stage is ready at `now`, by the brokers' clock in seconds.

    Raises UnavailableError while the brokers are away.
    """
    with broker_errors(connection.bootstrap_servers):
        async with Table.open(connection, SERVICES, _heartbeat) as heartbeats:
            found = list(heartbeats.rows.values())
    own = f"{stage}-{instance}"
    return any(
        each.state == "ready" and now - each.at.timestamp() < STALE_SECONDS
        for each in found
        if each.stage == stage and each.instance != own
    )


def _heartbeat(body: bytes) -> Heartbeat:
    return events.decode(body, Heartbeat)
