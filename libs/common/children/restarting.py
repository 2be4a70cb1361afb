"""A child process that is started when it is first needed, and again after it ended."""

from collections.abc import Awaitable, Callable, Sequence

from libs.common.children.child import Child
from libs.common.children.ending import ChildEndedError
from libs.common.children.launching import Program
from libs.common.children.limiting import TimeLimit

Prepare = Callable[[Child], Awaitable[None]]
"""Called with each process as it comes up, before it is asked."""


async def _as_it_is(_: Child) -> None:
    pass


class RestartingChild:
    """One caller at a time. A call that fails or is cancelled ends the process: nothing else stops it."""

    def __init__(
        self, program: Program, limit: TimeLimit | None = None, prepare: Prepare = _as_it_is
    ) -> None:
        self._program = program
        self._limit = limit
        self._prepare = prepare
        self._child: Child | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process id, if it is up."""
        return None if self._child is None or self._child.ended else self._child.pid

    async def start(self) -> Child:
        """The process that is up; what `prepare` raises, or OSError, if none comes up."""
        if self._child is not None and not self._child.ended:
            return self._child
        await self.end()
        if self._closed:
            raise ChildEndedError(None)
        child = self._child = await Child.start(self._program)
        try:
            await self._prepare(child)
        except BaseException:
            await self.end()
            raise
        return child

    async def ask(self, body: bytes, descriptors: Sequence[int] = ()) -> bytearray:
        """The answer; ChildEndedError or OverTimeError, with the process ended. It gets the descriptors."""
        child = await self.start()
        try:
            answer = child.ask(body, descriptors)
            return await (answer if self._limit is None else self._limit.kept(child, answer))
        except BaseException:
            await self.end()
            raise

    async def end(self) -> str:
        """Kill the process, if there is one, and wait for it; how it ended, in words."""
        child, self._child = self._child, None
        return "not running" if child is None else await child.kill()

    async def close(self) -> None:
        """Kill the process for good."""
        self._closed = True
        await self.end()
