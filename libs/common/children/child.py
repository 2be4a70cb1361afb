"""A child process as its parent's event loop sees it: ask it, and end it."""

import asyncio
import socket
import subprocess
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from libs.common.children.ending import ChildEndedError, in_words
from libs.common.children.framing import LENGTH_BYTES, Frames, framed
from libs.common.children.launching import Program, launched

EXIT_SECONDS = 15.0
"""How long a process may take to exit after it has closed its end, or was killed."""


class Child:
    """A running process that answers what it is asked, in that order. Belongs to one event loop."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._answers = _Answers(process)
        self._transport: asyncio.Transport
        self._socket: socket.socket

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """A process that runs `program`; OSError if it cannot be started. Its owner ends it."""
        # In this thread, for the few milliseconds it takes: on Linux a child ends with the thread it came of.
        process, ours = launched(program)
        child = cls(process)
        await child._connect(ours)
        return child

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is gone, or on its way."""
        return self._answers.lost or self._process.poll() is not None

    @property
    def status(self) -> int | None:
        """Its exit status once it has ended, negative for a signal."""
        return self._process.poll()

    def ask(self, body: bytes, descriptors: Sequence[int] = ()) -> asyncio.Future[bytearray]:
        """What it will answer to `body`, or ChildEndedError; ValueError for a body that is too long.

        It gets copies of the descriptors; what was asked before with a longer body must have been sent. No
        caller has to wait for the answer; others' answers come all the same.
        """
        frame = framed(body)
        answer = self._answers.expect()
        if not answer.done():
            self._transport.write(frame[self._sent_with(descriptors, frame) :])
        return answer

    async def finish(self, seconds: float) -> None:
        """Let it answer what it was asked and end by itself; kill it if that takes longer."""
        if not self._answers.lost:
            self._transport.write_eof()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._answers.ended), seconds)
        await self.kill()

    async def kill(self) -> str:
        """End it at once and wait for that; how it ended, in words."""
        self._process.kill()
        self._transport.abort()
        await asyncio.shield(self._answers.ended)
        return in_words(self.status)

    def _sent_with(self, descriptors: Sequence[int], frame: bytes) -> int:
        """How many bytes of the frame were sent with the descriptors: past the transport, which has none."""
        if not descriptors:
            return 0
        if self._transport.get_write_buffer_size():
            raise ValueError("descriptors cannot overtake what was asked before")
        with suppress(ConnectionError):  # it has ended, as the answer will say
            return socket.send_fds(self._socket, [frame[:LENGTH_BYTES]], descriptors)
        return 0

    async def _connect(self, ours: socket.socket) -> None:
        try:
            loop = asyncio.get_running_loop()
            self._socket = ours
            self._transport, _ = await loop.create_connection(lambda: self._answers, sock=ours)
        except BaseException:
            self._process.kill()
            self._process.wait(EXIT_SECONDS)
            ours.close()
            raise


class _Answers(asyncio.BufferedProtocol):
    """Hands each answer to the caller that has waited longest; `ended` is done when the process is."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._frames = Frames()
        self._waiting: deque[asyncio.Future[bytearray]] = deque()
        self._transport: asyncio.BaseTransport | None = None
        self._ending: asyncio.Task[None] | None = None
        self.lost = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def expect(self) -> asyncio.Future[bytearray]:
        """The next answer that no caller waits for yet."""
        answer: asyncio.Future[bytearray] = asyncio.get_running_loop().create_future()
        if self.ended.done():
            answer.set_exception(ChildEndedError(self._process.poll()))
        else:
            self._waiting.append(answer)
        return answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def get_buffer(self, _: int) -> memoryview:
        return self._frames.space()

    def buffer_updated(self, count: int) -> None:
        try:
            for body in self._frames.filled(count):
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(body)
        except (ValueError, IndexError):  # too long, or unasked: it cannot be trusted any more
            self._process.kill()

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True
        self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        try:
            await asyncio.to_thread(self._exited)
        finally:
            for answer in self._waiting:
                if not answer.done():
                    answer.set_exception(ChildEndedError(self._process.poll()))
            self.ended.set_result(None)

    def _exited(self) -> None:
        """Wait for the process; one that stays without its socket is of no use."""
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # in the kernel, on a disk that does not answer
                self._process.wait(EXIT_SECONDS)
