"""What every stage holds while it is up: its connection, a publisher, the control table, its heartbeat."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.metrics.instruments import Instruments
from libs.common.settings import StageSettings
from libs.common.stages import Stage
from libs.common.topics import CONTROL, DEAD_LETTERS, JOB_STATUS, SERVICES


@dataclass(frozen=True, slots=True)
class Membership:
    """A stage's place in the system."""

    connection: Connection
    publisher: Publisher
    control: ControlTable
    instruments: Instruments = field(default_factory=Instruments)


@asynccontextmanager
async def member(
    settings: StageSettings, stage: Stage[Any], instruments: Instruments | None = None
) -> AsyncIterator[Membership]:
    """Join; its outputs are warmed up so that the first record does not wait. The topics must be there."""
    connection, used = Connection.of(settings, stage.name), instruments or Instruments()
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(Publisher.open(connection, instruments=used))
        await publisher.warm(*stage.outputs, JOB_STATUS, DEAD_LETTERS, CONTROL, SERVICES)
        control = await stack.enter_async_context(ControlTable.open(connection))
        yield Membership(connection, publisher, control, used)
