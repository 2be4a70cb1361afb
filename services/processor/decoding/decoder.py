"""One decoder process as its owner sees it: ask it, time it, replace it."""

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from libs.common.errors import Code, FileError, SluiceError
from libs.common.imaging.confined import environment
from services.processor.decoding import inspection
from services.processor.decoding.child import READY
from services.processor.decoding.inspection import Reply, Request

Inspection = Callable[[], Callable[[Request], Reply]]
"""Picklable. Called in each decoder process, it gives the function that process runs."""

_START_SECONDS = 60.0


class Decoder:
    """A process that is started when first needed and again after it died. One thread may ask at a time.

    A plain subprocess and not multiprocessing's: that would import the main module again in each, a whole
    service for nothing. It may allocate `memory_bytes` in all; a file that needs more fails.
    """

    def __init__(self, inspection: Inspection, timeout_s: float, memory_bytes: int) -> None:
        self._inspection = inspection
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._closed = False

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        """The process's replies to the first of the requests, at least one.

        FileError decode_timeout or decoder_crashed, over any of them; then the process has been ended.
        """
        connection = self.start()
        try:
            connection.send_bytes(inspection.encode(requests))
            if not connection.poll(self._timeout_s):
                self.end()
                raise FileError(Code.DECODE_TIMEOUT, f"Decoding took longer than {self._timeout_s:g} s")
            return inspection.decode_replies(connection.recv_bytes())
        except (EOFError, OSError, ValueError) as error:
            status = self.end()
            raise FileError(Code.DECODER_CRASHED, f"The decoder crashed on this file ({status})") from error

    def start(self) -> Connection:
        """The connection to a process that is up; SluiceError internal if none comes up."""
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self.end()
        ours, theirs = Pipe()
        with theirs:
            self._process = _launched(theirs.fileno(), self._memory_bytes)
        self._connection = ours
        if self._closed:
            self.end()
            raise SluiceError(Code.INTERNAL, "the decoder was closed")
        try:
            ours.send_bytes(pickle.dumps(self._inspection))
            if ours.poll(_START_SECONDS) and ours.recv_bytes() == READY:
                return ours
        except (EOFError, OSError):
            # It died on the way up; its own words are on standard error.
            pass
        raise SluiceError(Code.INTERNAL, f"a decoder process does not start ({self.end()})")

    def end(self) -> str:
        """Kill the process, if there is one, and wait for it; how it ended, in words."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is None:
            return "not running"
        self._process.kill()
        status = self._process.wait()
        self._process = None
        return _in_words(status)

    def close(self) -> None:
        """Kill the process for good, from any thread; who asks it meanwhile gets an error."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def _in_words(status: int) -> str:
    if status == -signal.SIGKILL:
        return "killed: memory may be short"
    return (signal.strsignal(-status) or f"signal {-status}") if status < 0 else f"exit status {status}"


def _launched(descriptor: int, memory_bytes: int) -> subprocess.Popen[bytes]:
    """The process, in a group of its own: Ctrl-C in a terminal is for us to handle."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "services.processor.decoding.child", str(descriptor), str(memory_bytes)],
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        env=environment(),
        process_group=0,
    )
