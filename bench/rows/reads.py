"""What people wait for while a job runs: status, search by words and thumbnail, with 20,000 points stored.

A search by a picture waits for the model, which works off whole batches of the job, and is not measured here.
"""

import base64
import os
import random
import time

from bench import photos
from bench.connection import Answer, PlainHttp
from bench.filled import complete, filled, point_id, random_rows
from bench.place import Place
from bench.result import Figure
from bench.system import stub, system
from bench.waits import Call, figure, measured
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

MOST_MS = {"status": 50.0, "search": 100.0, "thumbnail": 50.0}
"""The largest p99 of each call; its median has half of that."""


async def reads(place: Place) -> list[Figure]:
    """Each call by itself, one after the other, for as long as the job runs next to them."""
    folder, data = photos.variants(place.inputs, 20_000), place.fresh()
    await filled(data / "store", NAME, POINTS, random_rows(SIZE), _payload)
    async with (
        stub(0.0, 1000 / JOB_RATE) as model,
        system(data, ML_INFERENCE_SERVICE_URL=model.base_url) as running,
    ):
        await running.collection("filling")
        job = await running.submit(folder)
        await running.select(NAME)
        end = time.perf_counter() + SECONDS
        async with PlainHttp.open(running.port) as http:
            waits = await measured(_calls(http, job), lambda _: time.perf_counter() < end)
        left = await running.status(job)
    if left["status"] != "running":
        raise SluiceError(Code.INTERNAL, f"the job was to be running still: {left['message']}")
    note = f"next to a job at {left['rate']:.0f} files a second, {left['counts']['stored']} done"
    return [
        figure(name, part, each, most, f"{len(each)} calls {note}")
        for name, each in waits.items()
        for part, most in (("p50", MOST_MS[name] / 2), ("p99", MOST_MS[name]))
    ]


def _calls(http: PlainHttp, job: str) -> dict[str, Call]:
    chance = random.Random(5)  # noqa: S311 - no secret

    async def status() -> Answer:
        return await http.get(f"/api/v1/ingest/status/{job}")

    async def search() -> Answer:
        words = " ".join(chance.sample(_WORDS, 2))
        return await http.post("/api/v1/search", {"query": words, "limit": 20})

    async def thumbnail() -> Answer:
        return await http.get(f"/api/v1/images/{point_id(NAME, chance.randrange(POINTS))}/thumbnail")

    return {"status": status, "search": search, "thumbnail": thumbnail}


def _payload(number: int) -> Payload:
    caption = " ".join(random.Random(number).choices(_WORDS, k=8))  # noqa: S311 - no secret
    payload: Payload = {
        "filename": f"IMG_{number}.jpg", "full_path": f"/photos/{number}.jpg", "file_hash": f"{number:064x}",
        "caption": f"a photo of {caption}", "tags": [], "width": 4000, "height": 3000, "format": "JPEG",
        "mode": "RGB", "exif_Image_Make": "Sony", "exif_Image_Model": "ILCE-7M3",
        "thumbnail_base64": _THUMBNAIL,
    }  # fmt: skip
    return complete(payload)
