"""How cost grows: `python -m bench.growth` measures, writes build/bench/growth.json and docs/growth.svg.

Files a second by 1, 2 and 4 processor processes, and a status read of jobs of a thousand to a million files.
With --draw it only draws again what growth.json says.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import photos
from bench.cluster import cluster
from bench.place import Place
from bench.result import machine
from bench.rows.million import listing_cluster, watched
from bench.rows.replicas import decoded
from bench.system import System

PROCESSES, ROUNDS = (1, 2, 4), 3
SIZES = {1_000: "0/0/0", 10_000: "0/0", 100_000: "0", 1_000_000: ""}
"""Files of a job, and which part of the million it lists."""
READS = 200


def main() -> int:
    """Measure, unless only the drawing is asked for, and draw."""
    parser = argparse.ArgumentParser(prog="bench.growth", description="How cost grows.")
    parser.add_argument("--draw", action="store_true", help="draw what was measured before")
    parser.add_argument("--dir", type=Path, default=Path("build/bench"), help="inputs, growth.json")
    parser.add_argument("--svg", type=Path, default=Path("docs/growth.svg"), help="where the plot goes")
    chosen = parser.parse_args()
    folder = chosen.dir.resolve()
    measured = folder / "growth.json"
    if not chosen.draw:
        place = Place(inputs=folder / "inputs", scratch=folder / "scratch")
        place.clear()
        found = {"machine": machine(), **asyncio.run(_measured(place))}
        place.clear()
        measured.write_text(json.dumps(found, indent=2) + "\n")
    _draw(json.loads(measured.read_text()), chosen.svg)
    return 0


async def _measured(place: Place) -> dict[str, Any]:
    return {"processors": await _processors(place), "status": await _status(place)}


async def _processors(place: Place) -> list[dict[str, float]]:
    """Files a second by so many processes, the median of rounds that take turns."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    rates: dict[int, list[float]] = {count: [] for count in PROCESSES}
    async with cluster(place.fresh(), DECODE_WORKERS="1") as running:
        for _ in range(ROUNDS):
            for count in PROCESSES:
                rates[count].append((await decoded(running, files, count)).rate)
    return [{"processes": count, "files_s": median(found)} for count, found in rates.items()]


async def _status(place: Place) -> list[dict[str, float]]:
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


async def _read_ms(gateway: System, job: str) -> float:
    begun = time.perf_counter()
    await gateway.status(job)
    return 1000 * (time.perf_counter() - begun)


def _draw(found: dict[str, Any], file: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 (only who draws needs it)

    mpl.use("svg")
    # The same figures make the same file: no date in it, no random names.
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    _draw_processors(left, found["processors"], found["machine"]["cores"])
    _draw_status(right, found["status"])
    figure.savefig(file, metadata={"Date": None})


def _draw_processors(axes: Any, found: list[dict[str, float]], cores: int) -> None:
    counts, rates = [each["processes"] for each in found], [each["files_s"] for each in found]
    even = [rates[0] * min(count, cores) / counts[0] for count in counts]
    axes.plot(counts, even, "--", color="grey", label=f"in proportion, up to {cores} cores")
    axes.plot(counts, rates, "o-", label="measured")
    axes.set(xlabel="processor processes, one decoder each", ylabel="12 MP JPEG a second", ylim=(0, None))
    axes.set_xticks(counts)
    axes.set_title("Throughput")
    axes.legend(loc="lower right")


def _draw_status(axes: Any, found: list[dict[str, float]]) -> None:
    sizes = [each["files"] for each in found]
    for name, words in (
        ("running_p50_ms", "job running, p50"),
        ("over_p50_ms", "job over, whole report, p50"),
        ("over_p99_ms", "job over, whole report, p99"),
    ):
        axes.plot(sizes, [each[name] for each in found], "o-", label=words)
    most = max(value for each in found for name, value in each.items() if name != "files")
    axes.set(xscale="log", xlabel="files in the job", ylabel="milliseconds", ylim=(0, 1.5 * most))
    axes.set_title("A status read")
    axes.legend(loc="upper left")


if __name__ == "__main__":
    sys.exit(main())
