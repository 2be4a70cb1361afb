"""One decoder process as its owner sees it: ask it; it is started when needed, again after it ended."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from libs.common.errors import Code, FileError
from libs.common.imaging.child import LENGTH_BYTES, framed
from libs.common.imaging.confined import environment

MEMORY_BYTES = 3 << 30
"""As much as the largest pictures need that are taken at all."""
_EXIT_SECONDS = 2.0


class Decoder:
    """One caller at a time. A call that is cancelled ends the process: what it is doing cannot be stopped."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def ask(self, request: bytes) -> bytes:
        """The body of the reply; FileError decoder_crashed if the process ends over it."""
        process = await self._started()
        try:
            return await _exchanged(process, request)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            status = await self.end()
            raise FileError(
                Code.DECODER_CRASHED, f"the decoder crashed on this picture ({status})"
            ) from error
        except BaseException:
            await self.end()
            raise

    async def end(self) -> str:
        """Kill the process, if there is one, and wait for it; how it ended, in words."""
        process, self._process = self._process, None
        if process is None:
            return "not running"
        status = await _ended(process)
        if process.stdin is not None:
            process.stdin.close()
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.end()
        # A group of its own, so that Ctrl-C in a terminal is for us to handle.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "libs.common.imaging.child", str(MEMORY_BYTES),
            stdin=PIPE, stdout=PIPE, process_group=0,
            env=environment(),
        )  # fmt: skip
        return self._process


async def _ended(process: Process) -> int:
    """Its exit status, by itself if it has closed its pipe, else killed.

    To kill it would first ask for its status, and take that away from the loop's own watch, which then
    reports 255.
    """
    if process.stdout is not None and process.stdout.at_eof():
        with suppress(TimeoutError):
            return await asyncio.wait_for(process.wait(), _EXIT_SECONDS)
    with suppress(ProcessLookupError):
        process.kill()
    return await process.wait()


async def _exchanged(process: Process, request: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the decoder was started without pipes")
    process.stdin.write(framed(request))
    await process.stdin.drain()
    length = await process.stdout.readexactly(LENGTH_BYTES)
    return await process.stdout.readexactly(int.from_bytes(length, "big"))
