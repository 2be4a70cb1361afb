"""How many bytes of large bodies are taken at once: what is over that waits, and sends no more meanwhile."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Code
from libs.common.http.problems.problem import problem

WAIT_SECONDS = 8.0
"""Clients wait 10 s for an answer."""

LargestOf = Callable[[str], int | None]
"""The most bytes that a body for a path may have; None for a path whose bodies are not counted."""


class ByteBudget:
    """So many bytes at once, handed out in the order in which they are asked for."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def taken(self, count: int) -> AsyncIterator[None]:
        """Have so many of them while the block lasts; TimeoutError if they are not free in time."""
        await self._take(count)
        try:
            yield
        finally:
            self._give(count)

    async def _take(self, count: int) -> None:
        if not self._waiting and count <= self._left:
            self._left -= count
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._give(count)
            else:
                self._waiting.remove((count, turn))
                self._give(0)
            raise

    def _give(self, count: int) -> None:
        self._left += count
        while self._waiting and self._waiting[0][0] <= self._left:
            first, turn = self._waiting.popleft()
            if not turn.done():
                self._left -= first
                turn.set_result(None)


class InFlight:
    """ASGI middleware: bodies of the paths that `largest_of` knows share `at_once` bytes.

    A request waits until there is room for its body, as long as it says or as it may be at most; after
    WAIT_SECONDS it is a 503 to be tried again.
    """

    def __init__(self, app: ASGIApp, largest_of: LargestOf, at_once: int) -> None:
        self._app = app
        self._largest_of = largest_of
        self._most = at_once
        self._budget = ByteBudget(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when there is room for its body."""
        largest = self._largest_of(scope["path"])
        if largest is None:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        wanted = min(int(declared), largest) if declared.isdigit() else largest
        async with AsyncExitStack() as room:
            try:
                await room.enter_async_context(self._budget.taken(min(wanted, self._most)))
            except TimeoutError:
                detail = "too many large pictures are being looked at: try again"
                await problem(Code.TOO_BUSY, detail, retryable=True)(scope, receive, send)
                return
            await self._app(scope, receive, send)
