"""The floor: the processor's own function over the same files, in a pool with nothing around it."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Inspected, Request


class Taken(NamedTuple):
    """Seconds by the clock, and seconds of a core."""

    wall: float
    cpu: float


class BarePool:
    """A process a core, each with the processor's function, and nothing to do but call it."""

    def __init__(self, workers: int) -> None:
        # Not forked: the RAW decoder has threads of its own, which do not survive that.
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"))
        list(self._pool.map(_inspect, [None] * workers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def run(self, files: Sequence[Path]) -> Taken:
        """Read, hash, decode, shrink and encode these files; no answer is sent back."""
        start = time.perf_counter()
        cpu = sum(self._pool.map(_inspect, files, chunksize=4))
        return Taken(time.perf_counter() - start, cpu)


def _inspect(file: Path | None) -> float:
    """Seconds of a core that one file took."""
    if file is None:
        return 0.0
    start = time.process_time()
    stat = file.stat()
    inspect = Inspector(Path("/nonexistent"))()
    reply = inspect(
        Request(
            path=bytes(file),
            size=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            descriptor=os.open(file, os.O_RDONLY),
        )
    )
    if not isinstance(reply, Inspected) or reply.jpeg is None:
        raise ValueError(f"{file} cannot be decoded")
    return time.process_time() - start
