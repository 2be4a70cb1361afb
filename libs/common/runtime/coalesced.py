"""Many callers of one question share its answers."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Coalesced(Generic[K, T]):
    """Calls of a key that come while one is under way share the next one, which begins once that has ended.

    So an answer is never older than its call, and a key has at most one call under way. `ask` has a time
    limit of its own: a caller that goes away does not cancel what others wait for.
    """

    def __init__(self, ask: Callable[[K], Awaitable[T]]) -> None:
        self._ask = ask
        self._running: dict[K, asyncio.Task[T]] = {}
        self._next: dict[K, asyncio.Task[T]] = {}

    async def __call__(self, key: K) -> T:
        """The answer of an `ask(key)` that began after this call; what it raises."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._begin(key), name=f"shared {key}")
            task.add_done_callback(_observed)
        return await asyncio.shield(task)

    async def _begin(self, key: K) -> T:
        if (before := self._running.get(key)) is not None:
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        try:
            return await self._ask(key)
        finally:
            if self._running.get(key) is task:
                del self._running[key]


def _observed(task: asyncio.Task[T]) -> None:
    """A failure that every caller went away from is none that the loop should log."""
    if not task.cancelled():
        task.exception()
