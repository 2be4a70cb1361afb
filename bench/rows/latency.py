"""Row 17: files a second of one job by a stage that takes 0.3 s and 1 s for each, and any number at once."""

import asyncio
import time
from pathlib import Path

from bench.place import Place
from bench.result import Figure
from bench.rows.million import listing_cluster
from bench.system import System

FILES = 60_000
SECONDS = (0.3, 1.0)
LOOK_SECONDS = 2.0
JOB_SECONDS = 300.0


async def latency(place: Place) -> list[Figure]:
    """The most files that came back in LOOK_SECONDS, a second."""
    folder = await asyncio.to_thread(_files, place.fresh())
    return [await _figure(place, folder, seconds) for seconds in SECONDS]


async def _figure(place: Place, folder: Path, seconds: float) -> Figure:
    async with listing_cluster(place, seconds) as (running, gateway, _):
        before = running.cpu_seconds()
        begun = time.perf_counter()
        best = await _best_rate(gateway, await gateway.submit(folder))
        took = time.perf_counter() - begun
        shares = {name: (cpu - before[name]) / took for name, cpu in running.cpu_seconds().items()}
        used = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    note = f"the whole job {FILES / took:,.0f}; of a core: {used}"
    return Figure(name=f"17 fed-at-{seconds:g}-s", value=best, unit="files/s", target=5_000, note=note)


async def _best_rate(gateway: System, job: str) -> float:
    best, done, at = 0.0, 0, time.perf_counter()
    async with asyncio.timeout(JOB_SECONDS):
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            status, now = await gateway.status(job), time.perf_counter()
            best = max(best, float(status["counts"]["total"] - done) / (now - at))
            done, at = status["counts"]["total"], now
            if status["status"] != "running":
                return best


def _files(folder: Path) -> Path:
    """Empty files: the stage does not read them."""
    for number in range(FILES):
        if number % 1000 == 0:
            below = folder / f"{number // 1000:03}"
            below.mkdir(parents=True)
        (below / f"{number % 1000:03}.jpg").touch()
    return folder
