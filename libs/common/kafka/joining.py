"""Joining the brokers, and joining them anew when they were lost."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.common.errors import UnavailableError
from libs.common.kafka.admin import wait_for_topics
from libs.common.kafka.connection import Connection
from libs.common.service import Health, pause

REJOIN_SECONDS = 1.0


async def while_joined(
    connection: Connection, health: Health, stop: asyncio.Event, work: Callable[[], Awaitable[None]]
) -> None:
    """Do `work` once the topics are there, until it returns; begin it anew when something it needs is away.

    The brokers may go between any two calls of a stage that joins. Returns at `stop` if it only waits.
    """
    while await wait_for_topics(connection, stop, health.waiting):
        try:
            await work()
        except UnavailableError as error:
            health.waiting(error.detail)
            await pause(stop, REJOIN_SECONDS)
        else:
            return
