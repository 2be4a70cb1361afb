"""Which calls are at the engine, which works on one at a time: reads before writes."""

import asyncio
from collections import deque
from typing import Literal

Kind = Literal["read", "write"]

AT_THE_ENGINE = 4
"""Calls that the engine has at once. Others wait here, where their callers can give up."""
WRITES = 2
"""Of these, writes: one that is worked on, and one that the engine need not wait for."""
MOST_PASSED = 16
"""Reads that go before a write that waits; then the write goes."""


class Turns:
    """Hands out places at the engine, to reads first; of each kind in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, deque[asyncio.Future[None]]] = {"read": deque(), "write": deque()}
        self._at: dict[Kind, int] = {"read": 0, "write": 0}
        self._passed = 0

    async def take(self, kind: Kind) -> None:
        """Wait for a place; `give` it back. A caller that is cancelled has none."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[kind].append(turn)
        self._next()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give(kind)
            raise

    def give(self, kind: Kind) -> None:
        """The engine has answered."""
        self._at[kind] -= 1
        self._next()

    def _next(self) -> None:
        while (kind := self._kind()) is not None:
            self._passed = self._passed + 1 if kind == "read" and self._waiting["write"] else 0
            self._at[kind] += 1
            self._waiting[kind].popleft().set_result(None)

    def _kind(self) -> Kind | None:
        """Whose turn it is; None while there is no place, or no call waits for one."""
        for waiting in self._waiting.values():
            while waiting and waiting[0].cancelled():
                waiting.popleft()
        if sum(self._at.values()) >= AT_THE_ENGINE:
            return None
        may_write = bool(self._waiting["write"]) and self._at["write"] < WRITES
        if self._waiting["read"] and not (may_write and self._passed >= MOST_PASSED):
            return "read"
        return "write" if may_write else None
