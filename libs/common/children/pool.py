"""A pool of children, one a core: a request that hangs or crashes one of them costs that request alone.

Each child has a socket of its own and shares no lock with the others, so that one can be killed at any
moment. (The pools of concurrent.futures and pebble are broken for good once an idle process dies.)
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from math import ceil
from typing import Generic, NamedTuple, Protocol, TypeVar

from libs.common.children.ending import ChildEndedError, OverTimeError
from libs.common.children.restarting import RestartingChild

MOST_AT_ONCE = 32
"""Requests that one child gets at once, at most; what it has no time for comes back."""

RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)

_Requested = tuple[RequestT, asyncio.Future[ReplyT]]


class Sent(NamedTuple):
    """Requests as one body, and the descriptors of files that go with it."""

    body: bytes
    descriptors: Sequence[int] = ()


class Exchange(Protocol[RequestT_contra, ReplyT]):
    """What is asked and answered, as it travels."""

    def sent(self, requests: Sequence[RequestT_contra]) -> AbstractAsyncContextManager["Sent"]:
        """Requests as they go to a child; what they need is held until the block ends. OverTimeError."""

    def decode(self, body: bytearray) -> list[ReplyT]:
        """Replies to the first of them, at least one; ValueError if the body holds something else."""

    def failed(self, error: ChildEndedError | OverTimeError | ValueError) -> ReplyT:
        """The reply to a request over which a child ended."""


class Pool(Generic[RequestT, ReplyT]):
    """Requests to `children`, of which each is asked as soon as it is free."""

    def __init__(self, children: Sequence[RestartingChild], exchange: Exchange[RequestT, ReplyT]) -> None:
        self._children = children
        self._exchange = exchange
        self._idle = list(children)
        self._waiting: deque[_Requested[RequestT, ReplyT]] = deque()
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start all children; what their preparation raises if one does not come up."""
        try:
            await asyncio.gather(*(child.start() for child in self._children))
        except BaseException:
            await self.close()
            raise

    async def ask(self, requests: Sequence[RequestT]) -> list[ReplyT]:
        """A reply to each request, in their order.

        A caller that is cancelled does not wait; a request that has begun is finished all the same.
        """
        loop = asyncio.get_running_loop()
        requested: list[_Requested[RequestT, ReplyT]] = [(each, loop.create_future()) for each in requests]
        self._waiting.extend(requested)
        for _ in range(min(len(self._idle), len(requested))):
            serving = asyncio.create_task(self._serve(self._idle.pop()))
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        try:
            return [await reply for _, reply in requested]
        finally:
            _forget([reply for _, reply in requested])

    async def close(self) -> None:
        """End all children at once. No caller may ask any more."""
        for serving in self._serving:
            serving.cancel()
        for _, reply in self._waiting:
            reply.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.gather(*(child.close() for child in self._children))

    async def _serve(self, child: RestartingChild) -> None:
        """Keep one child busy for as long as requests wait."""
        try:
            while requested := self._next():
                try:
                    replies = await self._replies(child, [request for request, _ in requested])
                except BaseException as error:
                    _fail([reply for _, reply in requested], error)
                    if not isinstance(error, Exception):
                        raise
                    return
                for (_, future), reply in zip(requested, replies, strict=False):
                    if not future.done():
                        future.set_result(reply)
                self._waiting.extendleft(reversed(requested[len(replies) :]))
        finally:
            self._idle.append(child)

    def _next(self) -> list[_Requested[RequestT, ReplyT]]:
        """One child's share of the requests that somebody still waits for."""
        wanted = deque(each for each in self._waiting if not each[1].done())
        share = min(MOST_AT_ONCE, ceil(len(wanted) / len(self._children)))
        requested, self._waiting = [wanted.popleft() for _ in range(share)], wanted
        return requested

    async def _replies(self, child: RestartingChild, requests: Sequence[RequestT]) -> list[ReplyT]:
        """Replies to the first of the requests. If the child ends over several, it is asked each alone."""
        await child.start()
        try:
            async with self._exchange.sent(requests) as sent:
                return self._exchange.decode(await child.ask(sent.body, sent.descriptors))
        except (ChildEndedError, OverTimeError, ValueError) as error:
            await child.end()
            if len(requests) == 1:
                return [self._exchange.failed(error)]
        return [reply for request in requests for reply in await self._replies(child, [request])]


def _forget(replies: Sequence[asyncio.Future[ReplyT]]) -> None:
    """No caller waits for these any more; how they ended is of no interest."""
    for reply in replies:
        if not reply.cancel() and not reply.cancelled():
            reply.exception()


def _fail(replies: Sequence[asyncio.Future[ReplyT]], error: BaseException) -> None:
    for reply in replies:
        if isinstance(error, asyncio.CancelledError):
            reply.cancel()
        elif not reply.done():
            reply.set_exception(error)
