"""The parent's end of the engine process: starts it, asks it, ends it."""

import asyncio
import importlib.util
import os
from collections.abc import Hashable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from msgspec import msgpack

from libs.common.children.child import Child
from libs.common.children.ending import ChildEndedError
from libs.common.children.launching import Program
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.engine import wire
from libs.common.store.engine.room import gone
from libs.common.store.engine.turns import Kind, Turns

START_SECONDS = 30.0
CALL_SECONDS = 60.0
STOP_SECONDS = 15.0

_PROGRAM = Program("libs.common.store.engine.process")

ResultT = TypeVar("ResultT")


class EngineClient:
    """A running engine process, and the calls that wait for its answers."""

    def __init__(self, root: Path, child: Child) -> None:
        self._root = root
        self._child = child
        self._turns = Turns()

    @classmethod
    async def start(cls, wanted: wire.Open) -> "EngineClient":
        """An engine over the collections in a folder; SluiceError data_dir_busy if another process has it."""
        if importlib.util.find_spec("qdrant_edge") is None:
            raise SluiceError(
                Code.BAD_SETTING,
                "the embedded store needs the package qdrant-edge-py (install sluice[embedded]); "
                "or set QDRANT_HOST to use a Qdrant server",
            )
        client = cls(Path(os.fsdecode(wanted.root)), await Child.start(_PROGRAM))
        try:
            await client._requested(wanted, None, START_SECONDS)
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._child.ended

    async def ask(
        self, call: wire.Call, result: type[ResultT] | None, seconds: float = CALL_SECONDS
    ) -> ResultT:
        """The engine's answer to `call`, read as `result`, within `seconds`.

        A caller that is cancelled before the call is at the engine leaves no work there.
        """
        return await self._requested(call, result, seconds)

    async def close(self) -> None:
        """Let the engine finish what it was asked, flush and end; kill it if that takes too long."""
        await self._child.finish(STOP_SECONDS)

    async def _requested(
        self, call: wire.Call | wire.Open, result: type[ResultT] | None, seconds: float
    ) -> ResultT:
        try:
            async with asyncio.timeout(seconds):
                answer = await asyncio.shield(await self._sent(call))
        except ChildEndedError as error:
            raise gone(self._root, error.status) from error
        except TimeoutError as error:
            detail = f"the embedded store did not answer within {seconds:.0f} s"
            raise UnavailableError(Code.STORE_UNAVAILABLE, detail) from error
        return _result(answer, result)

    async def _sent(self, call: wire.Call | wire.Open) -> asyncio.Future[bytearray]:
        """The answer to come. Its turn is over when the engine has answered, also where no caller waits."""
        kind: Kind = "write" if isinstance(call, wire.WRITES) else "read"
        await self._turns.take(kind)
        try:
            answer = self._child.ask(wire.encode(call))
        except (TypeError, ValueError, OverflowError) as error:
            self._turns.give(kind)
            raise SluiceError(Code.STORE_REJECTED, f"the store cannot hold this: {error}") from error
        answer.add_done_callback(partial(self._answered, kind))
        return answer

    def _answered(self, kind: Kind, answer: asyncio.Future[bytearray]) -> None:
        self._turns.give(kind)
        if not answer.cancelled():
            answer.exception()  # the caller may be gone, and no one else asks for it


def _result(body: bytearray, result: type[ResultT] | None) -> ResultT:
    reply: wire.Reply[ResultT] = _decoder(cast("Hashable", result)).decode(body)
    if reply.failed is not None:
        raise reply.failed.error()
    return cast("ResultT", reply.result)


@lru_cache
def _decoder(result: Hashable) -> msgpack.Decoder[Any]:
    return msgpack.Decoder(wire.Reply[result])  # type: ignore[valid-type] # a type, known when it runs
