"""The processor as it is wired: paths on a real broker, real files, real decoder processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from libs.common import control, events
from libs.common.errors import Code
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, fact, work
from libs.common.kafka.publisher import Publisher
from libs.common.messages import ImageRecord, Inference, PathRecord, PointRecord, decode
from libs.common.topics import IMAGES, JOB_STATUS, ML_RESULTS, PATHS, POINTS, Topic
from services.processor.app import build
from services.processor.cache.cache_reader import CacheReader
from services.processor.settings import ProcessorSettings
from tests.support import photos
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events, records_of
from tests.support.waiting import LIMIT_S, eventually, until
from tests.unit.processor.samples import file_for

MODEL = "lite-1"


@asynccontextmanager
async def processor(
    kafka: Broker, prefix: str, data_dir: Path, **fields: Any
) -> AsyncIterator[ProcessorSettings]:
    """A running processor, drained at the end."""
    given: dict[str, Any] = {
        "kafka_bootstrap_servers": kafka.bootstrap_servers,
        "topic_prefix": prefix,
        "topic_partitions": 4,
        "instance": "p0",
        "data_dir": data_dir,
        "scan_roots": (data_dir.parent.parent,),
        "decode_workers": 2,
    }
    settings = ProcessorSettings(**(given | fields))
    stop = asyncio.Event()
    task = asyncio.create_task(build(settings).run(stop))
    try:
        yield settings
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def publish(connection: Connection, *outgoing: Outgoing) -> None:
    async with Publisher.open(connection) as publisher:
        await publisher.publish(outgoing)


async def values_of(connection: Connection, topic: Topic, count: int) -> list[bytes]:
    """The bodies on a topic, once there are so many."""
    found = await eventually(lambda: records_of(connection, topic), lambda seen: len(seen) >= count)
    return [record.value for record in found]


def path_of(path: Path, **fields: object) -> Outgoing:
    return work(PATHS, PathRecord(file=file_for(path, **fields)))


def result_of(image: ImageRecord) -> Outgoing:
    """What the inferencer would say of an image."""
    embedding = np.ones(512, dtype="<f4").tobytes()
    inference = Inference(embedding=embedding, model=MODEL, caption="a tower")
    return work(
        ML_RESULTS,
        PointRecord(file=image.file, content=image.content, inference=inference, source="batch_ml"),
    )


async def cached(settings: ProcessorSettings, sha256: str) -> None:
    """Wait until the cache knows this content."""
    reader = CacheReader(settings.cache_dir)
    try:
        await until(lambda: reader.find(sha256, MODEL, captioned=True, cleared_at=0.0) is not None)
    finally:
        reader.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photos.upside(6))
    (folder / "b.png").write_bytes(photos.png())
    (folder / "cut.jpg").write_bytes(photos.truncated(photos.jpeg()))
    return folder


async def test_files_become_images_or_outcomes(
    kafka: Broker, prefix: str, folder: Path, tmp_path: Path
) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, *(path_of(folder / name) for name in ("a.jpg", "b.png", "cut.jpg")))
    async with processor(kafka, prefix, tmp_path / "data"):
        images = [decode(value, ImageRecord) for value in await values_of(connection, IMAGES, 2)]
        await values_of(connection, JOB_STATUS, 1)
    assert {Path(image.file.file).name for image in images} == {"a.jpg", "b.png"}
    (event,) = await job_events(connection)
    assert isinstance(event, events.Outcomes)
    assert [(Path(item.file).name, item.code) for item in event.items] == [("cut.jpg", Code.TRUNCATED_IMAGE)]


async def test_a_known_content_becomes_a_point_also_after_a_restart(
    kafka: Broker, prefix: str, folder: Path, tmp_path: Path
) -> None:
    connection = await connect(kafka, prefix)
    model = fact(control.ModelInUse(model=MODEL, dimension=512))
    await publish(connection, model, path_of(folder / "a.jpg"))
    async with processor(kafka, prefix, tmp_path / "data") as settings:
        image = decode((await values_of(connection, IMAGES, 1))[0], ImageRecord)
        await publish(connection, result_of(image))
        await cached(settings, image.content.sha256)
        copy = folder / "copy.jpg"
        copy.write_bytes((folder / "a.jpg").read_bytes())
        await publish(connection, path_of(copy))
        point = decode((await values_of(connection, POINTS, 1))[0], PointRecord)
    assert (point.source, point.file.path, point.content) == ("cache", bytes(copy), image.content)

    async with processor(kafka, prefix, tmp_path / "data"):
        await publish(connection, path_of(copy, job_id="job-2"))
        points = await values_of(connection, POINTS, 2)
        cleared = point.file.cache_cleared_at + 4e9
        await publish(connection, path_of(copy, job_id="job-3", cache_cleared_at=cleared))
        await values_of(connection, IMAGES, 2)
    assert decode(points[-1], PointRecord).inference == point.inference
    assert len(await records_of(connection, POINTS)) == 2


async def test_another_replica_learns_what_this_one_sent_out(
    kafka: Broker, prefix: str, folder: Path, tmp_path: Path
) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, path_of(folder / "b.png"))
    async with processor(kafka, prefix, tmp_path / "one"):
        image = decode((await values_of(connection, IMAGES, 1))[0], ImageRecord)
    await publish(connection, result_of(image))
    async with processor(kafka, prefix, tmp_path / "two") as other:
        await cached(other, image.content.sha256)


def decoders() -> set[psutil.Process]:
    return {child for child in psutil.Process().children(recursive=True) if is_decoder(child)}


def is_decoder(process: psutil.Process) -> bool:
    try:
        return "services.processor.decoding.child" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False  # it ended just now


@pytest.mark.slow
async def test_decoders_that_are_killed_as_for_their_memory_cost_at_most_the_file_in_hand(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    connection, count, killed, seen = await connect(kafka, prefix), 60, 0, 0
    others = decoders()
    for number in range(count):
        (tmp_path / f"{number}.jpg").write_bytes(photos.jpeg(2400 + number, 1800))
    await publish(connection, *(path_of(tmp_path / f"{number}.jpg") for number in range(count)))
    async with processor(kafka, prefix, tmp_path / "data"), asyncio.timeout(LIMIT_S):
        while True:
            done = {decode(r.value, ImageRecord).file.file for r in await records_of(connection, IMAGES)}
            failed = [
                item
                for event in await job_events(connection)
                if isinstance(event, events.Outcomes)
                for item in event.items
            ]
            if len(done) + len(failed) >= count:
                break
            # The oldest one: it is at work. One that is killed again and again as it starts ends the stage.
            if killed < 4 and len(done) + len(failed) > seen:
                seen = len(done) + len(failed)
                oldest = min(decoders() - others, key=psutil.Process.create_time, default=None)
                if oldest is not None:
                    oldest.kill()
                    killed += 1
            await asyncio.sleep(0.02)
    assert killed
    assert {item.code for item in failed} <= {Code.DECODER_CRASHED}
    assert len(failed) <= killed
    assert len(done | {item.file for item in failed}) == count
