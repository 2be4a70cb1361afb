"""Bytes of one photo, wherever it leaves some: `python -m bench.sizes`.

Real records in a real broker and a real engine, and then the files that these have made of them.
"""

import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec
import numpy as np

from bench import photos
from bench.cluster import cluster
from bench.place import Place
from libs.common.events import Outcome
from libs.common.ids import display_name, file_id
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, outcomes, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.messages import File, ImageRecord, Inference, PathRecord, PointRecord
from libs.common.points.payload import payload_of
from libs.common.settings import StageSettings
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from libs.common.topics import IMAGES, JOB_STATUS, ML_RESULTS, PATHS, Topic
from services.processor.cache.cache import Cache
from services.processor.cache.entries import Entry
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Inspected, Request

PHOTOS, DIMENSION = 64, 512
FEW, MANY = 4_000, 16_000
"""Points: what a collection takes before the first one does not count."""
OUTCOMES, STORED_AT = 100_000, 1_764_000_000.0
CAPTION = "a person in a blue jacket walking along a path next to a lake"


def main() -> int:
    """Measure and print, one line each."""
    folder = Path("build/bench").resolve()
    place = Place(inputs=folder / "inputs", scratch=folder / "scratch")
    place.clear()
    try:
        asyncio.run(_measure(place))
    finally:
        place.clear()
    return 0


async def _measure(place: Place) -> None:
    files = photos.jpegs(place.inputs, photos.CAMERA, PHOTOS)[:PHOTOS]
    images = await asyncio.to_thread(lambda: [_image(file) for file in files])
    points = [_point(image) for image in images]
    _say("JPEG of 12 MP, in the folder", _mean(file.stat().st_size for file in files))
    _say("of an image record, the picture", _mean(len(image.jpeg) for image in images))
    _say("of an image record, the thumbnail", _mean(len(image.content.thumbnail) for image in images))
    await _in_kafka(place, images, points)
    await _in_the_store(place, points)
    few, many = [await asyncio.to_thread(_cached, place, points, count) for count in (FEW, MANY)]
    _say("an entry of the processor's cache", (many - few) / (MANY - FEW))


async def _in_kafka(place: Place, images: Sequence[ImageRecord], points: Sequence[PointRecord]) -> None:
    async with cluster(place.fresh()) as running:
        settings = StageSettings(kafka_bootstrap_servers=running.broker.bootstrap_servers, instance="bench")
        connection = Connection.of(settings, "bench")
        await ensure_topics(connection)
        done = [(points[0].file.job_id, _outcome(number)) for number in range(OUTCOMES)]
        sent: list[tuple[Topic, list[Outgoing], int]] = [
            (PATHS, [work(PATHS, PathRecord(file=image.file)) for image in images], len(images)),
            (IMAGES, [work(IMAGES, image) for image in images], len(images)),
            (ML_RESULTS, [work(ML_RESULTS, point) for point in points], len(points)),
            (JOB_STATUS, outcomes(done), len(done)),
        ]
        async with Publisher.open(connection) as publisher:
            for topic, records, count in sent:
                await publisher.publish(records)
                logs = (running.home / "broker" / "kafka" / "records").glob(f"{topic.name}-*/*.log")
                _say(f"{topic.name}, a file", sum(log.stat().st_size for log in logs) / count)


async def _in_the_store(place: Place, points: Sequence[PointRecord]) -> None:
    _say(
        "a point as JSON, vector left out",
        _mean(len(msgspec.json.encode(payload_of(each, STORED_AT))) for each in points),
    )
    few, many = [await _stored(place, points, count) for count in (FEW, MANY)]
    _say("a point in the embedded store, all of it", (many - few) / (MANY - FEW))


async def _stored(place: Place, points: Sequence[PointRecord], count: int) -> int:
    """Bytes on disk of a collection of so many points."""
    root = place.fresh()
    store, random = EdgeStore(root), np.random.default_rng(0)
    await store.create("sizes", DIMENSION, "Cosine")
    for first in range(0, count, 200):
        batch = [points[number % len(points)] for number in range(first, first + 200)]
        rows = random.normal(size=(len(batch), DIMENSION)).tolist()
        made = [
            Point(str(uuid4()), row, payload_of(each, STORED_AT))
            for row, each in zip(rows, batch, strict=True)
        ]
        await store.upsert("sizes", made)
    await store.close()
    return await asyncio.to_thread(_on_disk, root)


def _cached(place: Place, points: Sequence[PointRecord], count: int) -> int:
    """Bytes on disk of a processor's cache of so many contents."""
    root = place.fresh()
    cache = Cache(root, 1 << 30)
    for first in range(0, count, 200):
        cache.put_many(
            [_entry(points[number % len(points)]) for number in range(first, first + 200)], "s", {}
        )
    cache.close()
    return _on_disk(root)


def _entry(point: PointRecord) -> Entry:
    content = msgspec.structs.replace(point.content, sha256=os.urandom(32).hex())
    return Entry(content=content, inference=point.inference, captioned=True, stored_at=STORED_AT)


def _on_disk(root: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in root.rglob("*") if file.is_file())


def _image(path: Path) -> ImageRecord:
    stat, name = path.stat(), bytes(path)
    inspect = Inspector(Path("/nonexistent"))()
    seen = inspect(
        Request(
            path=name,
            size=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            descriptor=os.open(path, os.O_RDONLY),
        )
    )
    if not isinstance(seen, Inspected) or seen.jpeg is None:
        raise ValueError(f"{path} cannot be decoded")
    file = File(
        job_id=str(uuid4()),
        file_id=file_id("sizes", name),
        collection="sizes",
        generation=str(uuid4()),
        path=name,
        file=display_name(name),
        size=seen.size,
        mtime_ns=seen.mtime_ns,
        ctime_ns=seen.ctime_ns,
    )
    return ImageRecord(file=file, content=seen.content, jpeg=seen.jpeg)


def _point(image: ImageRecord) -> PointRecord:
    inference = Inference(embedding=os.urandom(4 * DIMENSION), model="stub-512", caption=CAPTION)
    return PointRecord(file=image.file, content=image.content, inference=inference, source="batch_ml")


def _outcome(number: int) -> Outcome:
    path = f"/photos/2024/holiday/{number // 1000:03}/IMG_{number:06}.jpg"
    return Outcome(
        file_id=file_id("sizes", path.encode()),
        file=path,
        outcome="stored",
        source="batch_ml",
        caption=CAPTION,
    )


def _mean(values: Iterable[int]) -> float:
    return float(np.mean(list(values)))


def _say(what: str, size: float) -> None:
    sys.stdout.write(f"{what:<42} {size:>12,.0f} bytes\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
