"""Row 14: what a user would write instead, in the manner of the service that came before."""

import asyncio
import base64
import hashlib
import io
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from bench import photos
from bench.place import Place
from bench.result import Figure
from bench.rows.decoding import measured_rate
from bench.system import stub
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point

FILES = 12
ML_BATCH = 4
UPSERT = 32


async def peer(place: Place) -> list[Figure]:
    """Full decode, PNG at full size, base64 JSON to the same ML service, upserts of 32."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    by_hand = await _rate(place, files[:FILES])
    ours = await measured_rate(place, files)
    return [
        Figure(
            name="14 by-hand",
            value=ours,
            unit="files/s",
            target=20,
            baseline=by_hand,
            ratio=ours / by_hand,
            note=f"{FILES} of the files by hand, {len(files)} by Sluice",
        )
    ]


async def _rate(place: Place, files: Sequence[Path]) -> float:
    store = EdgeStore(place.fresh())
    await store.create("by-hand", 512, "Cosine")
    async with stub() as model, httpx.AsyncClient(base_url=f"{model.base_url}/api/v1", timeout=120) as ml:
        start = time.perf_counter()
        points: list[Point] = []
        for first in range(0, len(files), ML_BATCH):
            points += await _embedded(ml, files[first : first + ML_BATCH])
            if len(points) >= UPSERT:
                await store.upsert("by-hand", points)
                points = []
        await store.upsert("by-hand", points)
        seconds = time.perf_counter() - start
    await store.close()
    return len(files) / seconds


async def _embedded(ml: httpx.AsyncClient, files: Sequence[Path]) -> list[Point]:
    pictures = await asyncio.gather(*(asyncio.to_thread(_prepared, file) for file in files))
    images = [{"unique_id": image_id, "image_base64": png} for image_id, png, _ in pictures]
    answer = await ml.post("batch_embed_and_caption", json={"images": images})
    answer.raise_for_status()
    vectors = {each["unique_id"]: each["embedding"] for each in answer.json()["results"]}
    return [Point(image_id, vectors[image_id], payload) for image_id, _, payload in pictures]


def _prepared(file: Path) -> tuple[str, str, dict[str, Any]]:
    data = file.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        picture = image.convert("RGB")
        payload = {
            "filename": file.name,
            "file_hash": hashlib.sha256(data).hexdigest(),
            "exif": {str(tag): str(value) for tag, value in image.getexif().items()},
        }
    png, thumbnail = io.BytesIO(), io.BytesIO()
    picture.save(png, "PNG")
    picture.thumbnail((200, 200))
    picture.save(thumbnail, "JPEG", quality=85)
    payload["thumbnail_base64"] = base64.b64encode(thumbnail.getvalue()).decode()
    return str(uuid.uuid4()), base64.b64encode(png.getvalue()).decode(), payload
