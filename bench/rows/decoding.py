"""Rows 1 to 4: files that must be decoded, against the bare decoders of the same run."""

import itertools
import os
import shutil
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench import photos
from bench.costs import Costs
from bench.floor import BarePool
from bench.place import Place
from bench.result import Figure
from bench.system import System, stub, system

PAIRS = 3
_number = itertools.count()


async def large(place: Place) -> list[Figure]:
    """12 MP JPEG, new files, an ML service that answers at once."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    return [await _paired(place, "1 jpeg-12mp", files, 0.80, lite=False)]


async def large_lite(place: Place) -> list[Figure]:
    """The same with the lite ML service."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    return [await _paired(place, "2 jpeg-12mp-lite-ml", files, 0.65, lite=True)]


async def small(place: Place) -> list[Figure]:
    """1024 x 768 JPEG."""
    files = photos.jpegs(place.inputs, photos.PHONE, 600)
    return [await _paired(place, "3 jpeg-1024x768", files, 0.60, lite=False)]


async def raw(place: Place) -> list[Figure]:
    """25 DNGs of 24 MP, demosaiced; and with previews inside."""
    return [
        await _seconds(place, "4 dng-24mp", photos.dngs(place.inputs, 25, preview=False), 6.0),
        await _seconds(place, "4 dng-24mp-previews", photos.dngs(place.inputs, 25, preview=True), 2.0),
    ]


async def measured_rate(place: Place, files: Sequence[Path]) -> float:
    """Files a second of a job over these files, after a smaller one that warms the system up."""
    async with _running(place, lite=False) as running:
        await _ingested(place, running, files[: len(files) // 4])
        return len(files) / await _ingested(place, running, files)


async def _paired(place: Place, name: str, files: Sequence[Path], target: float, *, lite: bool) -> Figure:
    """Files a second, floor and system in turn, so that what else the machine does hits both."""
    ratios, rates, floors, costs = [], [], [], Costs(len(files) * PAIRS)
    async with _running(place, lite=lite) as running:
        with BarePool(os.cpu_count() or 1) as bare:
            await _ingested(place, running, files[: len(files) // 4])
            for _ in range(PAIRS):
                before = bare.run(files)
                with costs.of(running):
                    seconds = await _ingested(place, running, files)
                after = bare.run(files)
                costs.add("floor", (before.cpu + after.cpu) / 2)
                floor = (before.wall + after.wall) / 2
                ratios.append(floor / seconds)
                rates.append(len(files) / seconds)
                floors.append(len(files) / floor)
    return Figure(
        name=name,
        value=statistics.median(rates),
        unit="files/s",
        target=target,
        baseline=statistics.median(floors),
        ratio=statistics.median(ratios),
        note=f"ratios {' '.join(f'{ratio:.2f}' for ratio in sorted(ratios))}; {costs.words()}",
    )


async def _seconds(place: Place, name: str, files: Sequence[Path], target: float) -> Figure:
    costs = Costs(len(files) * PAIRS)
    async with _running(place, lite=False) as running:
        with BarePool(os.cpu_count() or 1) as bare:
            found = []
            for _ in range(PAIRS):
                with costs.of(running):
                    found.append(await _ingested(place, running, files))
            floor = bare.run(files).wall
    return Figure(
        name=name,
        value=statistics.median(found),
        unit="s",
        target=target,
        bound="at most",
        note=f"bare pool {floor:.2f} s; {costs.words()}",
    )


@asynccontextmanager
async def _running(place: Place, *, lite: bool) -> AsyncIterator[System]:
    async with AsyncExitStack() as stack:
        environment = {"ML_MODEL": "lite"}
        if not lite:
            environment["ML_INFERENCE_SERVICE_URL"] = (await stack.enter_async_context(stub())).base_url
        yield await stack.enter_async_context(system(place.fresh(), **environment))


async def _ingested(place: Place, running: System, files: Sequence[Path]) -> float:
    """Seconds for the files with a byte added that no decoder looks at: content that no cache knows."""
    number = next(_number)
    folder = place.fresh()
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes() + f"{os.getpid()} {number}".encode())
    await running.collection(f"bench-{number}")
    try:
        return await running.ingest(folder, len(files))
    finally:
        shutil.rmtree(folder)
