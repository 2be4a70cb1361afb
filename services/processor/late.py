"""Batches with files that take long to fetch: what else is in them goes on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing

PATIENCE_SECONDS = 1.0

Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]
_Task = asyncio.Task[list[Outgoing]]


class Late:
    """Publishes what is done of a batch every `patience_s`, and counts the batches that wait for the rest."""

    def __init__(self, publish: Publish, patience_s: float = PATIENCE_SECONDS) -> None:
        self._publish = publish
        self._patience_s = patience_s
        self._waiting = 0

    def batches(self) -> int:
        """How many wait for slow files alone."""
        return self._waiting

    async def results(self, parts: Sequence[Coroutine[Any, Any, list[Outgoing]]]) -> list[Outgoing]:
        """What the parts of one batch give and was not published meanwhile."""
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, late = await asyncio.wait(tasks, timeout=self._patience_s)
            return _results(done) if not late else await self._rest(done, late)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rest(self, done: set[_Task], late: set[_Task]) -> list[Outgoing]:
        while late:
            if done and await self._is_published(_results(done)):
                done = set()
            now, late = await self._next(late)
            done |= now
        return _results(done)

    async def _next(self, late: set[_Task]) -> tuple[set[_Task], set[_Task]]:
        """Those of the next `patience_s`; where none is, the batch counts as one that waits until one is."""
        done, left = await asyncio.wait(late, timeout=self._patience_s)
        if done:
            return done, left
        self._waiting += 1
        try:
            return await asyncio.wait(late, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1

    async def _is_published(self, outgoing: Sequence[Outgoing]) -> bool:
        """What the brokers do not take now goes with the rest of the batch."""
        try:
            await self._publish(outgoing)
        except UnavailableError:
            return False
        return True


def _results(done: set[_Task]) -> list[Outgoing]:
    return [outgoing for task in done for outgoing in task.result()]
