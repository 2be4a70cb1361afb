"""What each part computes for a new picture: what a card of so many images a second needs next to it."""

from collections.abc import Mapping

import psutil

from bench import photos
from bench.filled import add, random_rows
from bench.folding import cost
from bench.known_photos import photo
from bench.place import Place
from bench.result import Figure
from bench.rows.apart import stages_apart
from bench.system import cpu_of
from libs.common.store.edge import EdgeStore

FILES, POINTS, FOLDED = 5_000, 10_000, 100_000
NAME, SIZE = "ceilings", 512
LIMITS: Mapping[str, float] = {
    "scanner": 0.045,
    "inferencer": 0.373,
    "upserter": 0.11,
    "Kafka": 0.11,
    "engine": 0.2,
    "fold": 0.01,
}
"""Milliseconds of a core an image, as they were when the first round ended."""


async def ceilings(place: Place) -> list[Figure]:
    """Each stage a process, with stubs of the store and the model; the engine and the fold by themselves."""
    found = await _stages(place)
    found["engine"] = await _engine(place)
    folder = place.fresh()
    folder.mkdir(parents=True)
    found["fold"] = cost(folder, FOLDED) / FOLDED
    return [
        Figure(
            name=f"ceiling-{name}",
            value=1000 * found[name],
            unit="ms CPU",
            target=limit,
            bound="at most",
            note=f"{1 / found[name]:,.0f} images/s a core",
        )
        for name, limit in LIMITS.items()
    ]


async def _stages(place: Place) -> dict[str, float]:
    """Seconds of a core a file, by process, of the second job: the first one warms the broker up."""
    folder = photos.variants(place.inputs, FILES)
    async with stages_apart(place) as (running, gateway):
        await gateway.collection("first")
        await gateway.ingest(folder, FILES)
        await gateway.collection("second")
        before = running.cpu_seconds()
        await gateway.ingest(folder, FILES, force=True)
        after = running.cpu_seconds()
    return {name: (after[name] - before[name]) / FILES for name in after}


async def _engine(place: Place) -> float:
    """Seconds of a core that the engine's process takes for a point with all of its indexes."""
    store, known = EdgeStore(place.fresh()), set(psutil.Process().children())
    try:
        await store.create(NAME, SIZE, "Cosine")
        (engine,) = set(psutil.Process().children()) - known
        used = cpu_of(engine)
        await add(store, NAME, range(POINTS), random_rows(SIZE), photo)
        return (cpu_of(engine) - used) / POINTS
    finally:
        await store.close()
