"""Publishing and asking with patience: what is away comes back, and nothing is dropped meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from libs.common import events
from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing, event
from libs.common.kafka.publisher import Publisher
from libs.common.service import Health

T = TypeVar("T")

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0


class Outbox:
    """Publishes until the brokers have it; health says why it waits."""

    def __init__(self, publisher: Publisher, health: Health) -> None:
        self._publisher = publisher
        self._health = health

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Return once every record is acknowledged. After a failure all are sent again."""
        await patiently(lambda: self._publisher.publish(outgoing), self._health)

    async def tell(self, *told: events.JobEvent) -> None:
        """Publish job events, in order."""
        await self.send([event(body) for body in told])


async def patiently(call: Callable[[], Awaitable[T]], health: Health) -> T:
    """What `call` gives, tried again with growing pauses for as long as it raises UnavailableError."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            result = await call()
        except UnavailableError as error:
            health.waiting(error.detail)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        else:
            if pause_s > FIRST_PAUSE_S:
                health.ready()
            return result
