"""Row 5, second half: the stages as processes of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import photos
from bench.cluster import Cluster, cluster, ready
from bench.place import Place
from bench.result import Figure
from bench.system import System, free_port, stub

LIBRARY = 20_000
"""Known files: with fewer a job is over so soon that its start and its end are a tenth of it."""
ROUNDS = ("second", "third", "fourth", "fifth")
"""New collections; the best counts, as a broker takes some rounds to warm up."""
STAGES = ("scanner", "processor", "inferencer", "upserter")


async def known_apart(place: Place) -> list[Figure]:
    """Row 5, known content into a new collection, each stage a process and the store a stub."""
    folder = photos.variants(place.inputs, LIBRARY)
    async with stages_apart(place) as (running, gateway):
        await gateway.collection("first")
        await gateway.ingest(folder, LIBRARY)
        rates, before = [], running.cpu_seconds()
        for name in ROUNDS:
            await gateway.collection(name)
            rates.append(LIBRARY / await gateway.ingest(folder, LIBRARY))
        after = running.cpu_seconds()
    files = len(ROUNDS) * LIBRARY
    used = ", ".join(f"{name} {1e6 * (after[name] - before[name]) / files:.0f}" for name in after)
    return [
        Figure(
            name="5 cache-hits-apart",
            value=max(rates),
            unit="files/s",
            target=5000,
            note=f"a process a stage, a store stub; CPU us a file: {used}",
        )
    ]


@asynccontextmanager
async def stages_apart(place: Place) -> AsyncIterator[tuple[Cluster, System]]:
    """One process of each stage, ready, over stubs of the store and of the ML service."""
    port = str(free_port())
    async with (
        stub() as model,
        cluster(
            place.fresh(),
            QDRANT_HOST="127.0.0.1",
            QDRANT_PORT=port,
            ML_INFERENCE_SERVICE_URL=model.base_url,
        ) as running,
    ):
        await running.start("store", "bench.store_stub", port)
        for stage in STAGES:
            await running.start(stage, f"services.{stage}")
        async with running.gateway() as gateway:
            await ready(gateway, gateway=1, **dict.fromkeys(STAGES, 1))
            yield running, gateway
