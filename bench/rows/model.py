"""Feeding a model: what the inferencer costs an image, and what the ML service costs and loses."""

import asyncio
import io
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
from msgspec import structs
from PIL import Image as Pillow

from bench.place import Place
from bench.result import Figure
from bench.system import answers, cpu_of, end, free_port, stub
from bench.vit import save_vit
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import ImageRecord
from libs.common.ml.client import HttpMLClient, Timeouts
from libs.common.ml.inference import Answer, Image
from libs.common.settings import MLSettings
from services.inferencer.batching import Batching
from services.inferencer.model_report import ModelReport
from services.inferencer.models import Models
from services.inferencer.watch import Watch
from services.inferencer.worker import InferencerWorker
from services.ml.clip.towers import EMBEDDING, PIXELS, visual_tower
from services.ml.cores import cores
from services.ml.engine.batch_size import best_batch
from services.ml.pixels.squares import noise
from services.ml.runtime.precision import Probe, open_measured
from services.ml.runtime.providers import Runtime
from tests.support import records
from tests.support.clip.folder import make_folder
from tests.support.clip.towers import Towers

SIDE = 224
FED, BATCH = 4096, 128
SERVED, REQUEST = 2048, 64
VIT_IMAGES, PAIRS = 96, 3
_MEAN, _STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)


async def feed(_: Place) -> list[Figure]:
    """An inferencer's worker against a stub that answers at once; Kafka left out."""
    jpegs = _jpegs(256)
    async with stub() as service, _client(service.base_url) as client:
        watch = Watch(client, ModelReport(_published), service.base_url)
        worker = InferencerWorker(Models(Batching(client, watch, batch_size=BATCH)))
        batches = [[_record(n, jpegs) for n in range(start, start + BATCH)] for start in range(0, FED, BATCH)]
        await worker(batches[0])
        began, used = time.perf_counter(), time.process_time()
        for pair in zip(batches[::2], batches[1::2], strict=True):
            await asyncio.gather(*map(worker, pair))
        wall, cpu = time.perf_counter() - began, time.process_time() - used
    note = f"{FED / cpu:,.0f} images/s a core; {FED / wall:,.0f}/s with the stub on the same machine"
    return [
        Figure(name="feed", value=1000 * cpu / FED, unit="ms CPU", target=0.6, bound="at most", note=note)
    ]


async def serve(_: Place) -> list[Figure]:
    """What the ML service costs an image."""
    jpegs = _jpegs(256)
    async with _service("free") as (url, process), _client(url) as client:
        await _served(client, jpegs, 512)
        used = cpu_of(process)
        rate = await _served(client, jpegs, SERVED)
        cpu = 1000 * (cpu_of(process) - used) / SERVED
    opening = _opening(jpegs)
    share = f"{opening:.2f} ms of it, {opening / cpu:.0%},"
    note = f"{rate:,.0f} images/s; {share} for opening the JPEG, which Pillow alone takes too"
    return [
        Figure(
            name="serve", value=cpu, unit="ms CPU", target=0.8, bound="at most", baseline=opening, note=note
        )
    ]


def _opening(jpegs: Sequence[bytes]) -> float:
    """Milliseconds of a core that Pillow takes to make pixels of one of them."""
    used = time.process_time()
    for data in jpegs:
        with Pillow.open(io.BytesIO(data)) as image:
            np.asarray(image)
    return 1000 * (time.process_time() - used) / len(jpegs)


async def serve_vit(place: Place) -> list[Figure]:
    """How much of a model's own speed is left: service and bare session in turn."""
    folder = _vit_folder(place.fresh())
    tower = visual_tower(folder / "visual" / "model.onnx", _MEAN, _STD, SIDE)
    probe, runtime = Probe({PIXELS: noise(SIDE)}, EMBEDDING), Runtime.of("auto", "auto")
    session = open_measured(tower, probe, threads=cores(), runtime=runtime)
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)

    def compute(batch: Sequence[object]) -> None:
        session.run({PIXELS: np.stack([pixels] * len(batch))}, (EMBEDDING,))

    batch = await asyncio.to_thread(best_batch, compute, None)
    jpegs, bare, served = _jpegs(64), list[float](), list[float]()
    async with _service(str(folder)) as (url, _), _client(url) as client:
        await _served(client, jpegs, 32)
        for _ in range(PAIRS):
            bare.append(await asyncio.to_thread(_bare_rate, compute, batch))
            served.append(await _served(client, jpegs, VIT_IMAGES))
    ratios = sorted(rate / alone for rate, alone in zip(served, bare, strict=True))
    figure = Figure(
        name="serve-vit-b32",
        value=sorted(served)[PAIRS // 2],
        unit="images/s",
        target=0.92,
        baseline=sorted(bare)[PAIRS // 2],
        ratio=ratios[PAIRS // 2],
        note=f"random weights; bare ONNX Runtime at its best batch of {batch}",
    )
    return [figure]


def _bare_rate(compute: object, batch: int) -> float:
    assert callable(compute)  # noqa: S101 (for the type checker)
    began, rounds = time.perf_counter(), max(1, VIT_IMAGES // batch)
    for _ in range(rounds):
        compute([None] * batch)
    return rounds * batch / (time.perf_counter() - began)


async def _served(client: HttpMLClient, jpegs: Sequence[bytes], count: int) -> float:
    """Images a second, with two requests under way as the inferencer has."""
    slots, began = asyncio.Semaphore(2), time.perf_counter()

    async def request(start: int) -> None:
        images = [
            Image(str(n), "a", jpegs[n % len(jpegs)]) for n in range(start, min(start + REQUEST, count))
        ]
        async with slots:
            reply = await client.embed(images, caption=False)
        if not isinstance(reply, Answer) or any(result.error for result in reply.results):
            raise RuntimeError(f"the service answered {reply}")

    await asyncio.gather(*(request(start) for start in range(0, count, REQUEST)))
    return count / (time.perf_counter() - began)


@asynccontextmanager
async def _service(model: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.ml_service", str(port), model)
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            await answers(http, "/readyz", process)
        yield url, psutil.Process(process.pid)
    finally:
        await end(process)


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[HttpMLClient]:
    settings = MLSettings(ml_inference_service_url=url)
    async with HttpMLClient.open(settings, Timeouts(embed_s=120, connect_s=10)) as client:
        yield client


def _vit_folder(folder: Path) -> Path:
    made = make_folder(folder, Towers(), size=SIDE, mean=_MEAN, std=_STD)
    save_vit(made / "visual" / "model.onnx")
    config = made / "config.json"
    config.write_text(config.read_text().replace('"embed_dim": 16', '"embed_dim": 512'))
    return made


def _jpegs(count: int) -> list[bytes]:
    """Pictures as they travel: 299 x 224 pixels, of about 20 KB."""
    random, found = np.random.default_rng(0), []
    for _ in range(count):
        coarse = Pillow.fromarray(random.integers(0, 256, (28, 37, 3), np.uint8))
        out = io.BytesIO()
        coarse.resize((299, SIDE), Pillow.Resampling.BICUBIC).save(out, "JPEG", quality=90)
        found.append(out.getvalue())
    return found


def _record(number: int, jpegs: Sequence[bytes]) -> ImageRecord:
    # Each is another picture to the worker, which embeds copies once.
    jpeg = jpegs[number % len(jpegs)] + number.to_bytes(4, "big")
    made = records.image_record(records.file(f"{number}.jpg", job_id="job"), jpeg)
    return structs.replace(made, content=structs.replace(made.content, thumbnail=bytes(8000)))


async def _published(_: Sequence[Outgoing]) -> None:
    """No broker listens."""
