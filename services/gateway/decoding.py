"""Decoding pictures beside the event loop: a few at a time, each for a limited time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from libs.common.errors import Code, FileError

T = TypeVar("T")

THREADS = 2
SECONDS = 8.0
"""Clients wait 10 s for an answer."""


class Decoding:
    """Threads that decode. A picture that takes too long is given up; its thread still finishes it."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Decoding"]:
        """Threads that end with the block."""
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="decode")
        try:
            yield cls(threads)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, decode: Callable[[], T]) -> T:
        """What `decode()` returns; FileError decode_timeout after SECONDS, waiting for a thread included."""
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._threads, decode)
        except TimeoutError as error:
            raise FileError(Code.DECODE_TIMEOUT, f"the picture was not decoded in {SECONDS:.0f} s") from error
