"""Row 16: what each call to the embedded store costs, and what it holds, as one collection grows."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from msgspec import Struct

from bench.filled import Rows, add, points, random_rows
from bench.known_photos import WORDS, photo
from bench.place import Place
from bench.result import Figure
from libs.common.points.fields import Fields, names
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Filter, NearRanking, Order, RankedBy, Sorted, WordRanking

NAME, SIZE = "growing", 512
POINTS = (10_000, 50_000, 100_000, 200_000)
"""Points at which the calls are measured; a collection is filled from one to the next."""
AT_ONCE = 32
"""Points of an upsert, as the upserter sends them."""
CALLS, PAGE, HITS, VALUES = 40, 50, 20, 100
SHOWN = names(Fields.filename, Fields.full_path, Fields.taken_at, Fields.caption)
FACETS = (Fields.camera.name, Fields.month.name, Fields.format.name, Fields.place.name)
LINEAR = ("words", "vector", "count-of-a-folder", "page-of-a-folder")
"""What goes through all points, or through all that have a word: it may grow as they do."""
EVEN = 2.0
"""How much of all else may grow: seeking in an index."""

Calls = Mapping[str, Callable[[int], Awaitable[object]]]


class Cost(Struct, frozen=True):
    """Of one kind of call: CPU milliseconds of the engine (mean), and what the caller waits (median)."""

    cpu_ms: float
    p50_ms: float


class Grown(Struct, frozen=True):
    """The store with so many points: bytes a point, and the cost of each kind of call."""

    points: int
    disk_bytes: float
    own_memory_bytes: float
    """What the engine's process holds that is no file."""
    resident_bytes: float
    """The same with the pages of files that it has in memory, which the kernel takes back when it must."""
    calls: dict[str, Cost]


async def growth_store(place: Place) -> list[Figure]:
    """Each kind of call at the largest size, next to the smallest."""
    found = [grown async for grown in measured_store(place.fresh())]
    few, many = found[0], found[-1]
    in_proportion = many.points / few.points
    return [
        *(
            Figure(
                name=f"16 {name}",
                value=cost.cpu_ms,
                unit="CPU ms",
                target=in_proportion if name in LINEAR else EVEN,
                bound="at most",
                baseline=few.calls[name].cpu_ms,
                ratio=cost.cpu_ms / few.calls[name].cpu_ms,
                note=_each(found, name),
            )
            for name, cost in many.calls.items()
        ),
        _bytes("disk", found, lambda grown: grown.disk_bytes),
        _bytes("own-memory", found, lambda grown: grown.own_memory_bytes),
        _bytes("resident", found, lambda grown: grown.resident_bytes),
    ]


async def measured_store(folder: Path) -> AsyncIterator[Grown]:
    """The store in `folder` at each of POINTS, as it is filled."""
    store, rows = EdgeStore(folder), random_rows(SIZE)
    try:
        await store.create(NAME, SIZE, "Cosine")
        engine, filled = _engine(), 0
        for size in POINTS:
            await add(store, NAME, range(filled, size - CALLS * AT_ONCE), rows, photo)
            upsert = await _measured_upserts(store, engine, size, rows)
            costs = {"upsert": upsert} | await _measured_reads(store, engine, size, rows)
            filled = size
            disk, own, resident = (each / size for each in _held(folder, engine))
            yield Grown(size, disk, own, resident, costs)
    finally:
        await store.close()


async def _measured_upserts(store: EdgeStore, engine: psutil.Process, size: int, rows: Rows) -> Cost:
    """Storing the last points of so many."""
    first = size - CALLS * AT_ONCE
    parts = [range(start, start + AT_ONCE) for start in range(first, size, AT_ONCE)]
    batches = [points(NAME, part, rows, photo) for part in parts]
    return await _cost(engine, lambda number: store.upsert(NAME, batches[number]))


async def _measured_reads(store: EdgeStore, engine: psutil.Process, size: int, rows: Rows) -> dict[str, Cost]:
    calls = _reads(store, size, rows)
    for call in calls.values():  # what is read from the disk for the first time does not count
        await call(CALLS)
    return {name: await _cost(engine, call) for name, call in calls.items()}


async def _cost(engine: psutil.Process, call: Callable[[int], Awaitable[object]]) -> Cost:
    waits, before = list[float](), _cpu_seconds(engine.pid)
    for number in range(CALLS):
        start = time.perf_counter()
        await call(number)
        waits.append(1000 * (time.perf_counter() - start))
    return Cost(1000 * (_cpu_seconds(engine.pid) - before) / CALLS, median(waits))


def _reads(store: EdgeStore, size: int, rows: Rows) -> Calls:
    """Each kind of read, number by number another one."""
    newest = Order(Fields.taken_at.name, descending=True)

    def vector(number: int) -> NearRanking:
        return NearRanking(rows(range(size + number, size + number + 1))[0].astype(np.float32).tolist())

    def words(number: int) -> WordRanking:
        some = (WORDS[(number + step) % len(WORDS)] for step in (0, 7))
        return WordRanking(Fields.search_text.name, " ".join(some))

    def year(number: int) -> Filter:
        return Filter(any_of={Fields.folders.name: [f"/photos/{2010 + number % 14}"]})

    async def facets(_: int) -> None:
        for field in FACETS:
            await store.facet(NAME, field, limit=VALUES)

    def page(where: Filter | None) -> Awaitable[object]:
        return store.page(Sorted(NAME, newest, where, SHOWN), PAGE)

    def ranked(ranking: NearRanking | WordRanking) -> Awaitable[object]:
        return store.ranked_page(RankedBy(NAME, ranking, None, SHOWN), HITS)

    return {
        "page-by-date": lambda _: page(None),
        "page-of-a-folder": lambda number: page(year(number)),
        "words": lambda number: ranked(words(number)),
        "vector": lambda number: ranked(vector(number)),
        "facets": facets,
        "count": lambda _: store.count(NAME),
        "count-of-a-folder": lambda number: store.count(NAME, year(number)),
    }


def _engine() -> psutil.Process:
    """The process of the only store that this one has open."""
    children = psutil.Process().children()
    return next(each for each in children if any("engine.process" in part for part in each.cmdline()))


def _cpu_seconds(pid: int) -> float:
    """What a process has computed, by the clock of clock_getcpuclockid(3): psutil's ticks are 10 ms."""
    return time.clock_gettime((~pid << 3) | 2)


def _held(folder: Path, engine: psutil.Process) -> tuple[int, int, int]:
    """Bytes on disk, of the engine's own memory, and resident."""
    disk = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
    memory = engine.memory_info()
    return disk, memory.rss - memory.shared, memory.rss


def _each(found: list[Grown], name: str) -> str:
    """The cost at each size in words."""
    parts = ((grown.points, grown.calls[name]) for grown in found)
    return ", ".join(f"{size:,}: {cost.cpu_ms:.2f} (p50 {cost.p50_ms:.1f} ms)" for size, cost in parts)


def _bytes(what: str, found: list[Grown], of: Callable[[Grown], float]) -> Figure:
    few, many = of(found[0]), of(found[-1])
    note = ", ".join(f"{grown.points:,}: {of(grown):,.0f}" for grown in found)
    return Figure(
        name=f"16 {what}-a-point", value=many, unit="bytes", target=1.25, bound="at most", baseline=few,
        ratio=many / few, note=note,
    )  # fmt: skip
