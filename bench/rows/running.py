"""Rows 5 to 9 and 12: the whole system at work, on files that cost little to decode."""

import asyncio
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import photos
from bench.costs import Costs
from bench.place import Place
from bench.result import Figure
from bench.system import Stub, System, stub, system
from libs.common.errors import Code, SluiceError

LIBRARY = 10_000
"""Files that are known already: different small JPEGs of some kilobytes."""


async def known(place: Place) -> list[Figure]:
    """Row 5, known content into a new collection; and row 6, an unchanged library once more."""
    folder = photos.variants(place.inputs, LIBRARY)
    async with _with_stub(place) as (running, _):
        await running.collection("first")
        await running.ingest(folder, LIBRARY)
        hits, hit_costs = [], Costs(2 * LIBRARY)
        for name in ("second", "third"):
            await running.collection(name)
            with hit_costs.of(running):
                hits.append(LIBRARY / await running.ingest(folder, LIBRARY))
        again, again_costs = [], Costs(2 * LIBRARY)
        for _ in range(2):
            with again_costs.of(running):
                again.append(LIBRARY / await running.ingest(folder, LIBRARY))
    return [
        Figure(name="5 cache-hits", value=max(hits), unit="files/s", target=2000, note=hit_costs.words()),
        Figure(name="6 rescan", value=max(again), unit="files/s", target=5000, note=again_costs.words()),
    ]


async def busy_model(place: Place) -> list[Figure]:
    """Row 7, a model of 400 ms + 8 ms an image: how close to its ceiling it is kept."""
    count, fixed_ms, per_image_ms, batch = 2560, 400.0, 8.0, 128
    folder = photos.variants(place.inputs, count)
    async with _with_stub(place, fixed_ms, per_image_ms) as (running, model):
        await running.collection("busy")
        await model.usage()
        await running.ingest(folder, count)
        usage = await model.usage()
    rate = usage.images / (usage.last_end - usage.first_start)
    ceiling = 1000 * batch / (fixed_ms + per_image_ms * batch)
    note = f"batches {min(usage.batches)} to {max(usage.batches)}, mean {statistics.mean(usage.batches):.0f}"
    return [
        Figure(
            name="7 model-kept-busy",
            value=rate,
            unit="images/s",
            target=0.95,
            baseline=ceiling,
            ratio=rate / ceiling,
            note=note,
        )
    ]


async def one_photo(place: Place) -> list[Figure]:
    """Row 8, from the upload of a photo until a search finds it, the system being idle before."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 32)[:24]
    seconds = []
    async with _with_stub(place) as (running, _):
        await running.collection("uploads")
        for file in files:
            await asyncio.sleep(0.5)
            content = await asyncio.to_thread(file.read_bytes)
            seconds.append(await _until_found(running, file.name, content + str(time.time()).encode()))
    waits = sorted(1000 * each for each in seconds[4:])
    note = f"{len(waits)} photos of 12 MP, one after the other"
    p50, p95 = statistics.median(waits), waits[int(0.95 * len(waits))]
    return [
        Figure(name="8 upload-to-found-p50", value=p50, unit="ms", target=250, bound="at most", note=note),
        Figure(name="8 upload-to-found-p95", value=p95, unit="ms", target=500, bound="at most", note=note),
    ]


async def fairness(place: Place) -> list[Figure]:
    """Row 9, a job of 12 files next to one of 20,000 that the model limits to 64 a second."""
    large, few = photos.variants(place.inputs, 20_000), place.fresh()
    few.mkdir()
    for file in photos.jpegs(place.inputs, photos.SMALL, 12)[:12]:
        (few / file.name).write_bytes(file.read_bytes() + b"few")
    async with _with_stub(place, 0.0, 1000 / 64) as (running, _):
        await running.collection("fair")
        job = await running.submit(large)
        await _done_of(running, job, 500)
        value = await running.ingest(few, 12)
        left = await running.status(job)
    if left["status"] != "running":
        raise SluiceError(Code.INTERNAL, f"the large job was to be running still: {left['status']}")
    note = f"the large job had {left['processed_files']} of its files done"
    return [Figure(name="9 fairness", value=value, unit="s", target=6, bound="at most", note=note)]


async def start(place: Place) -> list[Figure]:
    """Row 12, from the start until ready, and what it holds after 2,000 photos."""
    folder = photos.variants(place.inputs, 2000)
    data, found = place.fresh(), []
    for _ in range(3):
        async with system(data) as running:
            found.append(running.ready_s)
        shutil.rmtree(data)
    async with _with_stub(place) as (running, _):
        await running.collection("memory")
        await running.ingest(folder, 2000)
        memory = running.memory_mb()
    return [
        Figure(
            name="12 start-to-ready",
            value=statistics.median(found),
            unit="s",
            target=6,
            bound="at most",
            note="on an empty DATA_DIR",
        ),
        Figure(
            name="12 memory",
            value=memory,
            unit="MB",
            target=900,
            bound="at most",
            note="proportional set size of all processes",
        ),
    ]


async def _until_found(running: System, name: str, content: bytes) -> float:
    """Seconds from the upload's first byte until a search for its name gives it back."""
    start = time.perf_counter()
    answer = await running.http.post("/api/v1/ingest/upload", files={"files": (name, content)})
    answer.raise_for_status()
    while True:
        found = await running.http.post("/api/v1/search", json={"query": name, "limit": 5})
        found.raise_for_status()
        if any(each["payload"]["filename"] == name for each in found.json()["results"]):
            return time.perf_counter() - start
        if time.perf_counter() - start > 30:
            raise SluiceError(Code.INTERNAL, f"{name} was not found within 30 s")
        await asyncio.sleep(0.01)


async def _done_of(running: System, job: str, count: int) -> None:
    """Return once `count` files of the job have their outcome."""
    async with asyncio.timeout(120):
        while (await running.status(job))["processed_files"] < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _with_stub(
    place: Place, fixed_ms: float = 0.0, per_image_ms: float = 0.0
) -> AsyncIterator[tuple[System, Stub]]:
    async with (
        stub(fixed_ms, per_image_ms) as model,
        system(place.fresh(), ML_INFERENCE_SERVICE_URL=model.base_url) as running,
    ):
        yield running, model
