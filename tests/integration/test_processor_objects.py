"""The processor over objects of a real S3 server."""

from pathlib import Path
from typing import Any

import pytest

from libs.common.errors import Code
from libs.common.events import Outcomes
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, work
from libs.common.messages import ImageRecord, PathRecord, decode
from libs.common.topics import IMAGES, PATHS
from tests.integration.test_processor import processor, publish, values_of
from tests.support import photos
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events
from tests.support.s3 import S3, Bucket, Gate
from tests.support.waiting import until
from tests.unit.processor.samples import file_for

pytestmark = pytest.mark.slow

LATER = 60
"""More than two batches: they come after the ones that wait."""


def object_of(bucket: Bucket, key: str) -> Outgoing:
    return work(PATHS, PathRecord(file=file_for(f"{bucket.uri}/{key}".encode())))


async def test_objects_become_images_or_outcomes(kafka: Broker, prefix: str, s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    bucket.put({"a/ü 1.jpg": photos.upside(6), "cut.jpg": photos.truncated(photos.jpeg())})
    connection = await connect(kafka, prefix)
    await publish(connection, *(object_of(bucket, key) for key in ("a/ü 1.jpg", "cut.jpg", "none.jpg")))
    root: dict[str, Any] = {"scan_roots": (bucket.uri,), "s3_endpoint_url": s3.endpoint}
    async with processor(kafka, prefix, tmp_path / "data", **root):
        (image,) = (decode(value, ImageRecord) for value in await values_of(connection, IMAGES, 1))
        await until(lambda: _has_failed(connection, {Code.TRUNCATED_IMAGE, Code.FILE_VANISHED}))
    assert image.file.file == f"{bucket.uri}/a/ü 1.jpg"
    assert image.file.etag
    assert image.file.size == len(photos.upside(6))


async def _has_failed(connection: Connection, codes: set[Code]) -> bool:
    reported = [each for each in await job_events(connection) if isinstance(each, Outcomes)]
    return {item.code for each in reported for item in each.items} == codes


async def test_one_slow_object_holds_up_no_other(kafka: Broker, prefix: str, s3: S3, tmp_path: Path) -> None:
    bucket, photo = s3.bucket(), photos.jpeg()
    bucket.put(dict.fromkeys(("a.jpg", "hang.jpg", "b.jpg", *(f"{n}.jpg" for n in range(LATER))), photo))
    connection = await connect(kafka, prefix)
    async with Gate(s3.endpoint).closed() as gate:
        await publish(connection, *(object_of(bucket, key) for key in ("a.jpg", "hang.jpg", "b.jpg")))
        settings: dict[str, Any] = {
            "scan_roots": (bucket.uri,),
            "s3_endpoint_url": gate.url,
            "fetch_seconds": 300,
        }
        async with processor(kafka, prefix, tmp_path / "data", **settings):
            await values_of(connection, IMAGES, 2)
            await publish(connection, *(object_of(bucket, f"{n}.jpg") for n in range(LATER)))
            await values_of(connection, IMAGES, 2 + LATER)
            assert gate.held
            gate.opened.set()
            images = [decode(value, ImageRecord) for value in await values_of(connection, IMAGES, 3 + LATER)]
    assert f"{bucket.uri}/hang.jpg" in {image.file.file for image in images}
    assert not await job_events(connection)
