"""Publishing and asking with patience: what is away comes back, and nothing is dropped meanwhile."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from libs.common import events
from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing, event
from libs.common.kafka.publisher import Publisher
from libs.common.metrics.declared import RETRIES
from libs.common.runtime import retry
from libs.common.runtime.service import Health

T = TypeVar("T")


class Outbox:
    """Publishes until the brokers have it; health says why it waits."""

    def __init__(self, publisher: Publisher, health: Health) -> None:
        self._publisher = publisher
        self._health = health

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Return once every record is acknowledged. After a failure all are sent again."""
        await until_available(lambda: self._publisher.publish(outgoing), self._health)

    async def tell(self, *reported: events.JobEvent) -> None:
        """Publish job events, in order."""
        await self.send([event(body) for body in reported])


async def until_available(call: Callable[[], Awaitable[T]], health: Health) -> T:
    """What `call` gives, awaited for as long as what it needs is away; health says why, and when it ends."""

    def away(error: UnavailableError) -> None:
        health.instruments.count(RETRIES, "brokers")
        health.waiting(error.detail)

    return await retry.until_available(call, away, health.ready)
