"""When a replica leaves its group: it cannot work, and another replica of its stage can.

One that cannot reach what the others reach would keep its partitions, and the files in them, until a person
looks. Out of the group it goes on asking, and comes back once it could work.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from libs.common.errors import UnavailableError

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 120.0
"""After so long it tries again, also where only work would show that it can."""

Reason = Callable[[], str | None]
"""Why the replica cannot work, or None."""


class Leaving:
    """Decides whether a replica is out of its group. `run` keeps that up to date."""

    def __init__(
        self,
        reason: Reason,
        others_work: Callable[[], Awaitable[bool]],
        after_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reason = reason
        self._others_work = others_work
        self._after_s = after_s
        self._clock = clock
        self._since: float | None = None
        self._out = False

    def is_out(self) -> bool:
        """Whether it must not be in the group now."""
        return self._out

    async def run(self) -> None:
        """Look every LOOK_SECONDS, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Leave, stay or come back."""
        reason = self._reason()
        if reason is None:
            self._come_back("it can work again")
        elif self._since is None:
            self._since = self._clock()
        elif self._out:
            if self._clock() - self._since >= AGAIN_SECONDS:
                self._come_back("it tries again")
        elif self._clock() - self._since >= self._after_s and await self._can_others():
            log.warning("it leaves its partitions to other replicas, which can work: %s", reason)
            self._out, self._since = True, self._clock()

    def _come_back(self, why: str) -> None:
        if self._out:
            log.warning("it takes partitions again: %s", why)
        self._out, self._since = False, None

    async def _can_others(self) -> bool:
        try:
            return await self._others_work()
        except UnavailableError:
            # Without brokers no one works.
            return False
