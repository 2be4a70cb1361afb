"""Joining the brokers, and joining them again when they were lost."""

import asyncio
import logging
from functools import partial

from libs.common.errors import UnavailableError
from libs.common.kafka.connection import Connection, broker_errors
from libs.common.kafka.topics.admin import wait_for_topics
from libs.common.runtime.service import Health, StoppableWork, pause, run_with_stop

log = logging.getLogger(__name__)

REJOIN_SECONDS = 1.0


async def while_joined(
    connection: Connection, health: Health, stop: asyncio.Event, work: StoppableWork
) -> None:
    """Do `work` once the topics are there, until it returns; start it again when something it needs is away.

    The brokers may go between any two calls of a stage that joins. Until `work` handles `stop` itself,
    `stop` ends it at once. Raises SluiceError broker_refused for what the brokers refuse for good.
    """
    while await wait_for_topics(connection, stop, partial(health.waiting, logged=True)):
        try:
            with broker_errors(connection.bootstrap_servers):
                await run_with_stop(stop, work)
        except UnavailableError as error:
            log.warning("%s starts again: %s", connection.client_id, error.detail)
            health.waiting(error.detail, logged=True)
            await pause(stop, REJOIN_SECONDS)
        else:
            return
