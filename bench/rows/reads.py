"""What people wait for while a job runs: status, search by words and thumbnail, with 20,000 points stored.

A search by a picture waits for the model, which works off whole batches of the job, and is not measured here.
"""

import asyncio
import base64
import os
import random
import time
from collections.abc import Awaitable, Callable

import httpx

from bench import photos
from bench.filled import complete, filled, point_id, random_rows
from bench.place import Place
from bench.result import Figure
from bench.system import System, stub, system
from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Payload

POINTS, SIZE = 20_000, 512
NAME = "read"
SECONDS = 45.0
JOB_RATE = 64
"""Images a second that the model takes, so that the job lasts longer than the measurement."""
_THUMBNAIL = base64.b64encode(os.urandom(7_000)).decode()
_WORDS = (
    "beach", "sunset", "portrait", "street", "mountain", "forest", "river", "city", "night", "snow", "dog",
    "cat", "car", "table", "flower",
)  # fmt: skip

Call = Callable[[], Awaitable[httpx.Response]]


async def reads(place: Place) -> list[Figure]:
    """Each call by itself, one after the other, for as long as the job runs next to them."""
    folder, data = photos.variants(place.inputs, 20_000), place.fresh()
    await filled(data / "store", NAME, POINTS, random_rows(SIZE), _payload)
    async with (
        stub(0.0, 1000 / JOB_RATE) as model,
        system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running,
    ):
        await running.collection("beside")
        job = await running.submit(folder)
        select = await running.http.post("/api/v1/collections/select", json={"collection_name": NAME})
        select.raise_for_status()
        found = await _measured(_calls(running, job))
        left = await running.status(job)
    if left["status"] != "running":
        raise SluiceError(Code.INTERNAL, f"the job was to be running still: {left['message']}")
    note = f"next to a job at {left['rate']:.0f} files a second, {left['counts']['stored']} done"
    return [figure for name, waits in found.items() for figure in _figures(name, waits, note)]


def _calls(running: System, job: str) -> dict[str, tuple[Call, float]]:
    """By name the call and its largest p99 in ms."""
    http, chance = running.http, random.Random(5)  # noqa: S311 - no secret

    async def status() -> httpx.Response:
        return await http.get(f"/api/v1/ingest/status/{job}")

    async def search() -> httpx.Response:
        words = " ".join(chance.sample(_WORDS, 2))
        return await http.post("/api/v1/search", json={"query": words, "limit": 20})

    async def thumbnail() -> httpx.Response:
        return await http.get(f"/api/v1/images/{point_id(NAME, chance.randrange(POINTS))}/thumbnail")

    return {"status": (status, 50), "search": (search, 100), "thumbnail": (thumbnail, 50)}


async def _measured(calls: dict[str, tuple[Call, float]]) -> dict[str, tuple[list[float], float]]:
    """Milliseconds of each call, in order of length; the first few do not count."""
    for call, _ in calls.values():
        for _ in range(3):
            (await call()).raise_for_status()
    waits: dict[str, list[float]] = {name: [] for name in calls}
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        for name, (call, _) in calls.items():
            start = time.perf_counter()
            (await call()).raise_for_status()
            waits[name].append(1000 * (time.perf_counter() - start))
            await asyncio.sleep(0.01)
    return {name: (sorted(waits[name]), most) for name, (_, most) in calls.items()}


def _figures(name: str, found: tuple[list[float], float], note: str) -> list[Figure]:
    waits, most = found
    counted = f"{len(waits)} calls {note}"

    def figure(part: str, value: float, target: float) -> Figure:
        return Figure(
            name=f"{name}-{part}", value=value, unit="ms", target=target, bound="at most", note=counted
        )

    return [
        figure("p50", waits[len(waits) // 2], most / 2),
        figure("p99", waits[int(0.99 * (len(waits) - 1))], most),
    ]


def _payload(number: int) -> Payload:
    caption = " ".join(random.Random(number).choices(_WORDS, k=8))  # noqa: S311 - no secret
    payload: Payload = {
        "filename": f"IMG_{number}.jpg", "full_path": f"/photos/{number}.jpg", "file_hash": f"{number:064x}",
        "caption": f"a photo of {caption}", "tags": [], "width": 4000, "height": 3000, "format": "JPEG",
        "mode": "RGB", "exif_Image_Make": "Sony", "exif_Image_Model": "ILCE-7M3",
        "thumbnail_base64": _THUMBNAIL,
    }  # fmt: skip
    return complete(payload)
