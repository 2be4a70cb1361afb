"""Running the computing process: one request, one answer, one time limit."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

from msgspec import msgpack

from libs.common.errors import Code, SluiceError
from libs.common.maps.child import Answer, Request

SECONDS = 120.0
"""How long one map may be computed; requests wait less long, and find it later."""
AT_ONCE = 1
"""Maps that are computed at the same time: each takes a core."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Computing:
    """Computes maps, in processes that end with their request."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self, request: Request) -> Answer:
        """The answer; SluiceError map_failed where it is not there in time, or the process failed."""
        try:
            async with asyncio.timeout(SECONDS), self._turn:
                return await _computed(request)
        except TimeoutError as error:
            raise SluiceError(
                Code.MAP_FAILED,
                f"the map of {request.count} points was not ready in {SECONDS:.0f} s: ask for fewer points",
                retryable=True,
            ) from error


async def _computed(request: Request) -> Answer:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "libs.common.maps.child",
        stdin=PIPE, stdout=PIPE, stderr=PIPE, process_group=0,
        # One thread: on busy cores the threads of the numeric libraries wait for each other actively.
        env=os.environ | dict.fromkeys(_THREADS, "1"),
    )  # fmt: skip
    try:
        out, err = await process.communicate(msgpack.encode(request))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise SluiceError(Code.MAP_FAILED, f"the map could not be computed: {last or process.returncode}")
    return msgpack.decode(out, type=Answer)
