"""`python -m tests.support.task_memory POINTS SIZE MODE ALIKE`: find-similar over a made-up collection.

Prints, in JSON, the most memory that the process took (its own, and with what it has mapped, in MB), the
seconds (all, and those of the processor), and the totals.
Of a thousand pictures ALIKE show the same.
"""

import asyncio
import json
import resource
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np

from libs.common.control import CollectionState, JobCommand
from libs.common.ids import file_id
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import TaskRecord
from libs.common.store.protocol import Record, Store
from services.upserter.tasks.find_similar import find_similar
from services.upserter.tasks.run import Run

LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class MadeUp:
    """A collection whose vectors are made as they are read."""

    points: int
    size: int
    alike: int

    @property
    def has_index(self) -> bool:
        """It has none."""
        return False

    async def count(self, _: str) -> int:
        """How many points there are."""
        return self.points

    async def scroll(
        self, _: str, *, limit: int, after: str | None = None, **__: Any
    ) -> tuple[list[Record], str | None]:
        """A page of points with their vectors; `after` is the number of the next one."""
        start = int(after or 0)
        stop = min(start + limit, self.points)
        page = [Record(self._id(n), {}, self._vector(n)) for n in range(start, stop)]
        return page, str(stop) if stop < self.points else None

    async def retrieve(self, _: str, ids: Sequence[str]) -> list[Record]:
        """These points, without vectors."""
        return [Record(i, {"filename": f"{i}.jpg", "full_path": f"/photos/{i}.jpg"}) for i in ids]

    def _id(self, number: int) -> str:
        return file_id("c", str(number).encode())

    def _vector(self, number: int) -> Any:
        same = number % 1000 < self.alike
        vector = np.random.default_rng(0 if same else number + 1).standard_normal(self.size, np.float32)
        return vector + (0.001 * (number % 7) if same else 0.0)


class Facts:
    """The collection is there, and no one cancels."""

    async def refresh(self) -> None:
        """Nothing to read."""

    def collection(self, name: str) -> CollectionState | None:
        """The one generation."""
        return CollectionState(name=name, generation="g")

    def command(self, _: str) -> JobCommand | None:
        """None."""
        return None


async def publish(_: Sequence[Outgoing]) -> None:
    """No one reads it."""


def own_bytes() -> int:
    """The process's anonymous memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


class Peak:
    """The most memory of its own while the block runs, looked at by a thread."""

    def __init__(self) -> None:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.bytes = max(self.bytes, own_bytes())


def main(points: int, size: int, mode: str, alike: int) -> None:
    """Run the task and print what it took."""
    task = TaskRecord(task_id="t", kind="find_similar", collection="c", generation="g", params={"mode": mode})
    store, began = cast("Store", MadeUp(points, size, alike)), time.monotonic()
    with TemporaryDirectory(dir="/var/tmp") as folder, Peak() as peak:
        totals = asyncio.run(find_similar(store, Path(folder), Run(task, publish, Facts())))
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    took = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time(), 1)}
    print(json.dumps({"megabytes": peak.bytes / 1e6, "resident_megabytes": resident, **took, **totals}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
