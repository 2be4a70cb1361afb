"""How cost grows: `python -m bench.growth` measures, writes docs/growth.json and draws docs/growth.svg.

Files a second by 1, 2 and 4 processor processes; a status read of jobs of a thousand to a million files; and
the calls to the embedded store by the points in it. `--only` measures one of the three and keeps what
growth.json has of the others; `--draw` only draws again what it says.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from bench import photos
from bench.cluster import cluster
from bench.growth_plot import draw
from bench.place import Place
from bench.result import machine
from bench.rows.growing import measured_store
from bench.rows.million import listing_cluster, watched
from bench.rows.replicas import decoded
from bench.system import System

PROCESSES, ROUNDS = (1, 2, 4), 3
SIZES = {1_000: "0/0/0", 10_000: "0/0", 100_000: "0", 1_000_000: ""}
"""Files of a job, and which part of the million it lists."""
READS = 200

Measured = dict[str, Any]


def main() -> int:
    """Measure, unless only the drawing is asked for, and draw."""
    chosen = _parser().parse_args()
    if not chosen.draw:
        folder = chosen.dir.resolve()
        place = Place(inputs=folder / "inputs", scratch=folder / "scratch")
        for part in [chosen.only] if chosen.only else PARTS:
            place.clear()
            measured = {"machine": machine(), "measured": asyncio.run(PARTS[part](place))}
            place.clear()
            _keep(chosen.json, part, measured)
    draw(json.loads(chosen.json.read_text()), chosen.svg)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.growth", description="How cost grows.")
    parser.add_argument("--draw", action="store_true", help="draw what was measured before")
    parser.add_argument("--only", choices=PARTS, help="measure one part instead of all")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"), help="inputs")
    parser.add_argument("--json", type=Path, default=Path("docs/growth.json"), help="what was measured")
    parser.add_argument("--svg", type=Path, default=Path("docs/growth.svg"), help="where the plot goes")
    return parser


def _keep(file: Path, part: str, measured: Measured) -> None:
    """Put what was measured of a part next to what the file has of the others."""
    others = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**others, part: measured}, indent=2) + "\n")


async def _processors(place: Place) -> list[Measured]:
    """Files a second by so many processes, the median of rounds that take turns."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    rates: dict[int, list[float]] = {count: [] for count in PROCESSES}
    async with cluster(place.fresh(), DECODE_WORKERS="1") as running:
        for _ in range(ROUNDS):
            for count in PROCESSES:
                rates[count].append((await decoded(running, files, count)).rate)
    return [{"processes": count, "files_s": median(found)} for count, found in rates.items()]


async def _status(place: Place) -> list[Measured]:
    """Milliseconds of a status read: while the job runs, and of the whole report once it is over."""
    folder, found = photos.million(place.inputs), []
    async with listing_cluster(place) as (_, gateway, _):
        for size, part in SIZES.items():
            seen = await watched(gateway, folder / part, size)
            over = sorted([await _read_ms(gateway, seen.job) for _ in range(READS)])
            running = sorted(seen.reads_ms)
            found.append(
                {
                    "files": size,
                    "running_p50_ms": median(running),
                    "over_p50_ms": median(over),
                    "over_p99_ms": over[int(0.99 * READS)],
                }
            )
            sys.stdout.write(f"{found[-1]}\n")
    return found


async def _store(place: Place) -> list[dict[str, Any]]:
    """The embedded store at each size: see bench.rows.growing."""
    return [msgspec.to_builtins(grown) async for grown in measured_store(place.fresh())]


PARTS: Mapping[str, Callable[[Place], Coroutine[Any, Any, list[Measured]]]] = {
    "processors": _processors,
    "status": _status,
    "store": _store,
}


async def _read_ms(gateway: System, job: str) -> float:
    begun = time.perf_counter()
    await gateway.status(job)
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
