"""The parent's end of the engine process: starts it, asks it, ends it."""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Hashable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from msgspec import msgpack

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.engine import wire
from libs.common.store.engine.room import gone

START_SECONDS = 30.0
CALL_SECONDS = 60.0
STOP_SECONDS = 15.0

ResultT = TypeVar("ResultT")


class EngineClient:
    """A running engine process, and the calls that wait for its answers."""

    def __init__(
        self,
        root: Path,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._root = root
        self._process = process
        self._reader = reader
        self._writer = writer
        self._waiting: deque[asyncio.Future[bytes]] = deque()
        self._ready = self._expect()
        self._receiving = asyncio.create_task(self._receive())

    @classmethod
    async def start(cls, root: Path, lock_patience_seconds: float) -> "EngineClient":
        """An engine over the collections in `root`; SluiceError data_dir_busy if another process has it."""
        if importlib.util.find_spec("qdrant_edge") is None:
            raise SluiceError(
                Code.BAD_SETTING,
                "the embedded store needs the package qdrant-edge-py (install sluice[embedded]); "
                "or set QDRANT_HOST to use a Qdrant server",
            )
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.to_thread(_spawn, root, theirs, lock_patience_seconds)
        client = cls(root, process, *await asyncio.open_connection(sock=ours))
        try:
            await _answered(client._ready, None, START_SECONDS)
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._receiving.done()

    async def ask(self, call: wire.Call, result: type[ResultT] | None) -> ResultT:
        """The engine's answer to `call`, read as `result`."""
        try:
            frame = wire.frame(call)
        except (TypeError, ValueError, OverflowError) as error:
            raise SluiceError(Code.STORE_REJECTED, f"the store cannot hold this: {error}") from error
        if self.ended:
            raise self._gone()
        # Nothing may come between these two lines: answers come in the order of the questions.
        answer = self._expect()
        self._writer.write(frame)
        with suppress(ConnectionError):  # it has gone, and that is what the answer will be
            await self._writer.drain()
        return await _answered(answer, result, CALL_SECONDS)

    async def close(self) -> None:
        """Let the engine finish what it was asked, flush and end; kill it if that takes too long."""
        if not self.ended:
            self._writer.write_eof()
        _, unfinished = await asyncio.wait([self._receiving], timeout=STOP_SECONDS)
        if unfinished:
            self._process.kill()
            await self._receiving

    def _gone(self) -> UnavailableError:
        return gone(self._root, self._process.poll())

    def _expect(self) -> asyncio.Future[bytes]:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        return answer

    async def _receive(self) -> None:
        """Hand each answer to the call that waits longest, until the process ends; then release all."""
        try:
            while True:
                length = int.from_bytes(await self._reader.readexactly(wire.LENGTH_BYTES), "big")
                body = await self._reader.readexactly(length)
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(body)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._writer.close()
            await asyncio.to_thread(self._process.wait, STOP_SECONDS)
        finally:
            for answer in self._waiting:
                if not answer.done():
                    answer.set_exception(self._gone())


def _spawn(root: Path, theirs: socket.socket, patience: float) -> subprocess.Popen[bytes]:
    descriptor = theirs.fileno()
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "libs.common.store.engine.process",
            os.fspath(root),
            str(descriptor),
            str(patience),
        ],
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # The child must find this very package, wherever this process was started from.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


async def _answered(answer: asyncio.Future[bytes], result: type[ResultT] | None, seconds: float) -> ResultT:
    try:
        body = await asyncio.wait_for(answer, seconds)
    except TimeoutError as error:
        raise UnavailableError(
            Code.STORE_UNAVAILABLE, f"the embedded store did not answer within {seconds:.0f} s"
        ) from error
    reply: wire.Reply[ResultT] = _decoder(cast("Hashable", result)).decode(body)
    if reply.failed is not None:
        raise reply.failed.error()
    return cast("ResultT", reply.result)


@lru_cache
def _decoder(result: Hashable) -> msgpack.Decoder[Any]:
    return msgpack.Decoder(wire.Reply[result])  # type: ignore[valid-type] # a type, known when it runs
