"""An ML service as a script, and the records that are sent to it. No I/O."""

import asyncio
import hashlib
from collections.abc import Sequence

import numpy as np

from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import Content, File, ImageRecord
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.inference import Answer, Image, Reply, Result
from libs.common.ml.plain_image import probe_image
from services.inferencer.batching import Batching
from services.inferencer.model_report import ModelReport
from services.inferencer.watch import Watch

DIMENSION = 4
PROBE = probe_image().data


def vector_of(data: bytes) -> list[float]:
    return [byte / 256 for byte in hashlib.sha256(data).digest()[:DIMENSION]]


def result_of(image: Image, model: str | None = "fake-4") -> Result:
    return Result(image.id, vector_of(image.data), f"it shows {image.name}", None, model)


class FakeClient:
    """An InferenceClient. Override `reply`, or put what is to happen first into `script` and `looks`."""

    def __init__(self, capabilities: Capabilities | None = None) -> None:
        self.reported = capabilities or Capabilities(safe_batch=16, model="fake-4", dimension=DIMENSION)
        self.script: list[Reply] = []
        self.looks: list[Capabilities | UnavailableError] = []
        self.requests: list[list[str]] = []
        self.captions: list[bool] = []
        self.probes = 0
        self.warmed = 0
        self.in_flight = 0
        self.most_in_flight = 0

    async def capabilities(self) -> Capabilities:
        look = self.looks.pop(0) if self.looks else self.reported
        if isinstance(look, UnavailableError):
            raise look
        return look

    async def warm_up(self) -> None:
        self.warmed += 1

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        if images[0].data == PROBE:
            self.probes += 1
            return self.reply_to_probe(images[0])
        self.requests.append([image.id for image in images])
        self.captions.append(caption)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        return self.script.pop(0) if self.script else self.reply(images)

    def reply(self, images: Sequence[Image]) -> Reply:
        return Answer([result_of(image) for image in images])

    def reply_to_probe(self, image: Image) -> Reply:
        return Answer([result_of(image)])


class Published:
    """Collects what is published, in place of a producer."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []
        self.failures: list[UnavailableError] = []

    async def __call__(self, records: Sequence[Outgoing]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.records += records


class Pauses:
    """Time that passes at once, and is remembered."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def watch_of(client: FakeClient, published: Published | None = None, pauses: Pauses | None = None) -> Watch:
    return Watch(client, ModelReport(published or Published()), "http://ml:8001", pause=pauses or Pauses())


def batching_of(
    client: FakeClient,
    published: Published | None = None,
    pauses: Pauses | None = None,
    *,
    batch_size: int = 128,
    concurrency: int = 2,
) -> Batching:
    watch = watch_of(client, published, pauses)
    return Batching(client, watch, batch_size=batch_size, concurrency=concurrency)


def images(count: int) -> list[Image]:
    return [Image(f"i{n}", f"{n}.jpg", b"jpeg %d" % n) for n in range(count)]


def record(n: int, *, caption: bool = True, content: int | None = None, job: str = "job") -> ImageRecord:
    """The image of file `n`; two files with the same `content` are copies."""
    kind = n if content is None else content
    return ImageRecord(
        file=File(
            job_id=job,
            file_id=f"00000000-0000-0000-0000-{n:012}",
            collection="photos",
            generation="g",
            path=f"/photos/{n}.jpg".encode(),
            file=f"/photos/{n}.jpg",
            size=1,
            mtime_ns=2,
            ctime_ns=3,
            caption=caption,
        ),
        content=Content(
            sha256=f"sha{kind}",
            width=4,
            height=3,
            format="JPEG",
            mode="RGB",
            exif={"Image Make": "X"},
            thumbnail=b"t",
        ),
        jpeg=b"jpeg %d" % kind,
    )


def floats(embedding: bytes) -> list[float]:
    values: list[float] = np.frombuffer(embedding, "<f4").tolist()
    return values
