"""Very many photos, written straight into the store: `python -m tests.support.large_library DIR`."""

import asyncio
import base64
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from libs.common.ids import file_id
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Payload, Point

NAME = "large"
COUNT = 100_000
SIZE = 512
BATCH = 1000
FIRST, LAST = datetime(2004, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
SUBJECTS = ("beach", "sunset", "portrait", "street", "mountain", "forest", "river", "city", "snow", "flower")
CAMERAS = ("Sony ILCE-7M3", "Apple iPhone 12 Pro", "FUJIFILM X-T4", "Canon EOS R6")
COLOURS = 64


async def fill(folder: Path, count: int = COUNT) -> None:
    """`count` photos of twenty years, evenly spread, each with a thumbnail of one of COLOURS colours."""
    thumbnails = [_thumbnail(number) for number in range(COLOURS)]
    random, store = np.random.default_rng(0), EdgeStore(folder)
    try:
        await store.create(NAME, SIZE, "Cosine")
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            vectors = random.standard_normal((len(numbers), SIZE)).tolist()
            points = zip(numbers, vectors, strict=True)
            await store.upsert(
                NAME, [Point(_id(n), vector, _payload(n, count, thumbnails)) for n, vector in points]
            )
    finally:
        await store.close()


def _payload(number: int, count: int, thumbnails: list[str]) -> Payload:
    taken = FIRST + (LAST - FIRST) * (number / count) + timedelta(seconds=number % 60)
    subject = SUBJECTS[number % len(SUBJECTS)]
    path = f"/photos/{taken:%Y/%m}/IMG_{number:06}.jpg"
    return {
        "filename": f"IMG_{number:06}.jpg", "full_path": path, "file_hash": f"{number:064x}",
        "caption": f"a photo of a {subject}", "search_text": f"a photo of a {subject} img {number:06}",
        "tags": [], "width": 4000, "height": 3000, "format": "JPEG", "mode": "RGB", "kind": "photo",
        "taken_at": taken.strftime("%Y-%m-%dT%H:%M:%SZ"), "taken_local": taken.strftime("%Y-%m-%dT%H:%M:%S"),
        "month": taken.strftime("%Y-%m"), "camera": CAMERAS[number % len(CAMERAS)],
        "folders": list(_above(path)), "thumbnail_base64": thumbnails[number % COLOURS],
    }  # fmt: skip


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts)))


def _id(number: int) -> str:
    return file_id(NAME, f"/photos/{number}.jpg".encode())


def _thumbnail(number: int) -> str:
    """Noise in a colour, as large as real thumbnails are."""
    random = np.random.default_rng(number)
    noise = random.integers(0, 60, (20, 20, 3)) + random.integers(0, 190, 3)
    picture = Image.fromarray(noise.astype(np.uint8)).resize((200, 150), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
