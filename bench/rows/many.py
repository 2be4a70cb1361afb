"""Row 18: many collections in one embedded store, of which some are open at a time."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from uuid import UUID

import numpy as np
import psutil

from bench.place import Place
from bench.result import Figure
from libs.common.points.fields import INDEXES
from libs.common.store.engine.root import KEPT_OPEN, MOST_OPEN, Root
from libs.common.store.protocol import Shape

COLLECTIONS, REOPENED, SIZE = 200, 40, 512
LIMIT_MS = 500.0


async def many_collections(place: Place) -> list[Figure]:
    """Each is made and written into; then those that were closed are opened again."""
    root = Root(place.fresh(), 1.0, INDEXES)
    names, process = [f"c{number}" for number in range(COLLECTIONS)], psutil.Process()
    try:
        before = process.memory_info().rss
        for name in names:
            root.create(name, Shape(SIZE, "Cosine"))
        first = [_timed(partial(_write, root, name)) for name in names]
        threads, held = process.num_threads(), process.memory_info().rss - before
        for _ in range(MOST_OPEN):
            root.tidy()
        calm = process.num_threads()
        again = [_timed(partial(_read, root, name)) for name in names[:REOPENED]]
        missing = [name for name in names if _read(root, name) != 1]
    finally:
        root.close()
    if missing:
        raise AssertionError(f"{len(missing)} of {COLLECTIONS} lost their point: {missing[:3]}")
    waits, cpu = (sorted(each[part] for each in again) for part in (0, 1))
    note = f"p50 {median(waits):.0f} ms; CPU p50 {median(cpu):.0f} ms, at most {cpu[-1]:.0f}"
    wrote = median(wait for wait, _ in first)
    return [
        _figure("reopened-slowest", waits[-1], "ms", LIMIT_MS, note),
        _figure("first-write", wrote, "ms", 2 * LIMIT_MS, f"p50 of {COLLECTIONS}, opening and closing"),
        _figure("threads", threads, "threads", 3 * MOST_OPEN, f"{MOST_OPEN} open; {calm} at {KEPT_OPEN}"),
        _figure("resident", held / MOST_OPEN / 1e6, "MB", 20, f"for each of {MOST_OPEN} that are open"),
    ]


def _write(root: Root, name: str) -> None:
    vectors = np.ones((1, SIZE), np.float32)
    root.shard(name).upsert([str(UUID(int=1))], vectors, [{"size": 1}])


def _read(root: Root, name: str) -> int:
    return root.shard(name).count(None)


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _figure(name: str, value: float, unit: str, target: float, note: str) -> Figure:
    return Figure(name=f"18 {name}", value=value, unit=unit, target=target, bound="at most", note=note)
