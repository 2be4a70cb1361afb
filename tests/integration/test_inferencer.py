"""The inferencer as it is wired: images on a real broker, the real ML service over a real socket."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from libs.common import control, events
from libs.common.errors import Code
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import work
from libs.common.kafka.publisher import Publisher
from libs.common.messages import PointRecord, decode
from libs.common.runtime.service import Service
from libs.common.topics import CONTROL, IMAGES, ML_RESULTS
from services.inferencer.app import build as build_inferencer
from services.inferencer.settings import InferencerSettings
from services.ml.app import build as build_ml
from services.ml.settings import MLServiceSettings
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events, records_of
from tests.support.waiting import LIMIT_S, until

COLOURS = ("red", "green", "blue", "white", "black")


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    """The service under way, stopped in its own way at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        yield service
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (448, 448), colour).save(out, "JPEG")
    return out.getvalue()


async def send_images(connection: Connection) -> dict[str, str]:
    """One image a colour and one that is none; the files' names by their ids."""
    images = [
        records.image_record(records.file(f"{colour}.jpg", job_id="job"), jpeg(colour)) for colour in COLOURS
    ]
    images.append(records.image_record(records.file("broken.jpg", job_id="job"), b"no image"))
    async with Publisher.open(connection) as publisher:
        await publisher.publish([work(IMAGES, image) for image in images])
    return {image.file.file_id: Path(image.file.file).stem for image in images}


async def test_it_waits_for_the_ml_service_and_then_gives_each_file_its_result(
    kafka: Broker, prefix: str, tmp_path: Path, unused_tcp_port: int
) -> None:
    connection = await connect(kafka, prefix)
    names = await send_images(connection)
    settings = InferencerSettings(
        kafka_bootstrap_servers=kafka.bootstrap_servers, topic_prefix=prefix, topic_partitions=4,
        instance="t0", data_dir=tmp_path, ml_inference_service_url=f"http://127.0.0.1:{unused_tcp_port}",
    )  # fmt: skip
    async with running(build_inferencer(settings)) as inferencer:
        await until(lambda: inferencer.health.state == "waiting")
        assert str(inferencer.health.reason).endswith(f":{unused_tcp_port}: connection refused")
        async with running(build_ml(MLServiceSettings(port=unused_tcp_port))):
            await until(lambda: inferencer.health.state == "ready")
            points = await results(connection, len(COLOURS))
            failed = await failures(connection, 1)

    assert {names[id_] for id_ in points} == set(COLOURS)
    for id_, point in points.items():
        assert f"mostly {names[id_]}" in str(point.inference.caption) or names[id_] in {"white", "black"}
        assert np.frombuffer(point.inference.embedding, "<f4").shape == (512,)
        assert point.inference.model == "lite-512-v1"
    assert [(names[item.file_id], item.code) for item in failed] == [("broken", Code.ML_REJECTED)]
    facts = [control.decode(record.value) for record in await records_of(connection, CONTROL)]
    assert [(f.model, f.dimension) for f in facts if isinstance(f, control.ModelInUse)] == [
        ("lite-512-v1", 512)
    ]


async def results(connection: Connection, count: int) -> dict[str, PointRecord]:
    """What lies on ml-results, by file id, once it is `count` files."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = [decode(record.value, PointRecord) for record in await records_of(connection, ML_RESULTS)]
            if len(by_file := {point.file.file_id: point for point in found}) >= count:
                return by_file
            await asyncio.sleep(0.05)


async def failures(connection: Connection, count: int) -> list[events.Outcome]:
    """The outcomes on job-status, once there are `count`."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            reported = [event for event in await job_events(connection) if isinstance(event, events.Outcomes)]
            if len(items := [item for event in reported for item in event.items]) >= count:
                return items
            await asyncio.sleep(0.05)
