"""Watching the store also while nothing is written: an idle stage says, too, that it could not work."""

import asyncio

from libs.common.errors import SluiceError
from libs.common.runtime.retry import FIRST_PAUSE_S, pauses
from libs.common.store.protocol import Store

LOOK_SECONDS = 10.0
ANSWER_SECONDS = 10.0


class StoreWatch:
    """Whether the store answers. `run` keeps it true."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away: str | None = None
        """Why it cannot be used, as a sentence; None while it can."""

    async def run(self) -> None:
        """Ask it every LOOK_SECONDS, sooner while it is away, until cancelled."""
        waits = pauses(FIRST_PAUSE_S)
        while True:
            self.away = await self._look()
            if self.away is None:
                waits = pauses(FIRST_PAUSE_S)
            await asyncio.sleep(LOOK_SECONDS if self.away is None else next(waits))

    async def _look(self) -> str | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._store.collections()
        except SluiceError as error:
            return error.detail
        except TimeoutError:
            return f"the store does not answer in {ANSWER_SECONDS:.0f} s"
        return None
