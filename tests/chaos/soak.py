"""Hours of ordinary work: does anything grow? `make soak`, or `python -m tests.chaos.soak`.

Jobs run one after another, by turns forced (everything is decoded and embedded again) and plain (nothing has
changed). All processes are looked at all the time; each figure must level off.
"""

import asyncio
import logging
import math
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from random import Random

import psutil
from pydantic import Field

from libs.common.runtime.process import read_settings
from libs.common.settings import EnvSettings
from tests.chaos import jobs, library, world
from tests.chaos.library import Folder
from tests.chaos.world import World

COLLECTIONS = ("one", "two")
LOOK_SECONDS = 15.0
JOB_SECONDS = 600.0
GROWTH = 1.15
"""The last quarter's median over the second quarter's, at most; the first one warms up."""


class SoakSettings(EnvSettings):
    """How long, over how many files."""

    soak_seconds: float = Field(3600.0, gt=0, description="How long it works")
    soak_files: int = Field(1000, ge=20, description="Files that are ingested again and again")


@dataclass(frozen=True, slots=True)
class Figure:
    """What is watched, and how much more of it is still no growth."""

    unit: str
    slack: float


FIGURES = {
    "memory": Figure("MB", 16),
    "files": Figure("open", 8),
    "threads": Figure("", 4),
    "disk": Figure("MB", 64),
    # Events of jobs, and the gateways' view of them, are kept for 30 days: shown, never too much.
    "history": Figure("MB", math.inf),
}
CEILINGS = {("broker", "memory"): 450.0}
"""No growth up to this: a JVM takes in time the heap that it may have (256 MB), and maps its indexes."""
Samples = dict[tuple[str, str], list[float]]
"""By process and figure, in the order of time."""


async def main(settings: SoakSettings, home: Path) -> bool:
    """One run; whether everything levelled off."""
    folders = await asyncio.to_thread(
        library.make, home / "photos", COLLECTIONS, 2, settings.soak_files, Random(1)
    )
    samples: Samples = defaultdict(list)
    async with world.running(home, 1) as running:
        await jobs.make_collections(running.gateways[0], COLLECTIONS)
        looking = asyncio.create_task(_look(running, home, samples))
        try:
            done = await _work(running, folders, time.monotonic() + settings.soak_seconds)
        finally:
            looking.cancel()
    print(f"{done} jobs of {settings.soak_files // 2} files in {settings.soak_seconds:.0f} s")
    grown = [_reported(name, values) for name, values in sorted(samples.items())]
    print("nothing has grown" if not any(grown) else f"{sum(grown)} figures have grown")
    return not any(grown)


async def _work(running: World, folders: list[Folder], until: float) -> int:
    """Ingest the folders by turns until the time is over; how many jobs that made."""
    for number in count():
        if time.monotonic() >= until:
            return number
        folder, force = folders[number % 2], number % 4 < 2
        submitted = await jobs.submit(running.gateways, folder, f"soak {number}", force=force)
        async with asyncio.timeout(JOB_SECONDS):
            await jobs.ended(running.gateways, [submitted])
    raise AssertionError("unreachable")


async def _look(running: World, home: Path, samples: Samples) -> None:
    while True:
        for replica in running.replicas:
            if replica.pid is not None:
                family = psutil.Process(replica.pid)
                _sample(samples, replica.stage, [family, *family.children(recursive=True)])
        [broker] = [p for p in psutil.Process().children(recursive=True) if p.name() == "java"]
        _sample(samples, "broker", [broker])
        for name, size in (await asyncio.to_thread(_disk, home)).items():
            keeps_history = name.startswith(("broker", "gateway"))
            samples[name, "history" if keeps_history else "disk"].append(size)
        await asyncio.sleep(LOOK_SECONDS)


def _sample(samples: Samples, name: str, processes: list[psutil.Process]) -> None:
    try:
        samples[name, "memory"].append(sum(p.memory_info().rss for p in processes) / 1e6)
        samples[name, "files"].append(sum(p.num_fds() for p in processes))
        samples[name, "threads"].append(sum(p.num_threads() for p in processes))
    except psutil.NoSuchProcess:
        return


def _disk(home: Path) -> dict[str, float]:
    """MB of each folder but the photos' own. Blocks are counted: sparse files are common here."""
    folders = [path for path in home.iterdir() if path.is_dir() and path.name != "photos"]
    return {folder.name: sum(map(_blocks, folder.rglob("*"))) * 512 / 1e6 for folder in folders}


def _blocks(path: Path) -> int:
    try:
        return path.lstat().st_blocks
    except FileNotFoundError:
        return 0


def _reported(name: tuple[str, str], values: list[float]) -> bool:
    """Print one figure's course, the median of each quarter; whether it grew."""
    places = [number * len(values) // 4 for number in range(5)]
    quarters = [statistics.median(values[start:end] or values) for start, end in pairwise(places)]
    figure, ceiling = FIGURES[name[1]], CEILINGS.get(name, 0.0)
    grew = quarters[3] > max(quarters[1] * GROWTH + figure.slack, ceiling)
    course = " ".join(f"{quarter:7.0f}" for quarter in quarters)
    print(f"  {name[0]:14} {name[1]:8} {course} {max(values):7.0f} {figure.unit:5}{' GREW' if grew else ''}")
    return grew


def run() -> int:
    """The exit status: 0 if nothing grew."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="soak-") as home:
        return 0 if asyncio.run(main(read_settings(SoakSettings), Path(home))) else 1


if __name__ == "__main__":
    sys.exit(run())
