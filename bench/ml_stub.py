"""An ML service that costs nothing: the real wire format, and a vector looked up instead of computed.

`python -m bench.ml_stub PORT FIXED_MS PER_IMAGE_MS [text]`: with times above 0 it serves one request at a
time and takes as long as a model would; with `text` it also reads text, which takes no time.
"""

import asyncio
import base64
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DIMENSION = 512
BATCH = 128
_VECTORS = 251


class Usage(msgspec.Struct):
    """What the service has done. Seconds are of one clock that only runs forward."""

    images: int = 0
    requests: int = 0
    busy_seconds: float = 0.0
    first_start: float = 0.0
    last_end: float = 0.0
    batches: list[int] = msgspec.field(default_factory=list)


@dataclass(slots=True)
class _Model:
    fixed_s: float
    per_image_s: float
    usage: Usage = field(default_factory=Usage)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    vectors: list[bytes] = field(default_factory=list)

    async def answer(self, images: list[tuple[str, bytes]], caption: bool) -> bytes:
        """The response to one request, when it is its turn and its time is over."""
        if not self.fixed_s and not self.per_image_s:
            return self._counted(images, caption, time.monotonic())
        async with self.turn:
            start = time.monotonic()
            await asyncio.sleep(self.fixed_s + self.per_image_s * len(images))
            return self._counted(images, caption, start)

    def _counted(self, images: list[tuple[str, bytes]], caption: bool, start: float) -> bytes:
        body = self._body(images, caption)
        usage, end = self.usage, time.monotonic()
        usage.first_start = usage.first_start or start
        usage.last_end, usage.busy_seconds = end, usage.busy_seconds + end - start
        usage.images, usage.requests = usage.images + len(images), usage.requests + 1
        usage.batches.append(len(images))
        return body

    def _body(self, images: list[tuple[str, bytes]], caption: bool) -> bytes:
        text = b'"a picture"' if caption else b"null"
        results = (
            b'{"unique_id":%s,"filename":"","embedding":%s,"embedding_shape":[512],"caption":%s,"error":null,'
            b'"model_name_clip":"stub-512","model_name_blip":"stub","device_used":"none"}'
            % (msgspec.json.encode(unique_id), self.vectors[zlib.crc32(data) % _VECTORS], text)
            for unique_id, data in images
        )
        return b'{"results":[' + b",".join(results) + b"]}"


def app(fixed_ms: float = 0.0, per_image_ms: float = 0.0, *, reads_text: bool = False) -> Starlette:
    """The service as an ASGI app."""
    model = _Model(fixed_ms / 1000, per_image_ms / 1000, vectors=_vectors())

    async def capabilities(_: Request) -> Response:
        return _json(
            {
                "safe_clip_batch": BATCH,
                "safe_blip_batch": BATCH,
                "clip_model_loaded": True,
                "blip_model_loaded": True,
                "device_type": "none",
                "cuda_available": False,
                "model_name_clip": "stub-512",
                "embedding_dimension": DIMENSION,
                "has_text_model": reads_text,
                "input_side": 224,
            }
        )

    async def multipart(request: Request) -> Response:
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        return await _answered(model, request, list(_parts(await request.body(), boundary)))

    async def by_json(request: Request) -> Response:
        images = msgspec.json.decode(await request.body())["images"]
        decoded = [(each["unique_id"], base64.b64decode(each["image_base64"])) for each in images]
        return await _answered(model, request, decoded)

    async def embed_text(request: Request) -> Response:
        vector = model.vectors[zlib.crc32(await request.body()) % _VECTORS]
        return _raw(b'{"embedding":%s,"embedding_shape":[512]}' % vector)

    async def usage(_: Request) -> Response:
        found, model.usage = model.usage, Usage()
        return _json(found)

    prefix = "/api/v1"
    return Starlette(
        routes=[
            Route(f"{prefix}/capabilities", capabilities),
            Route(f"{prefix}/batch_embed_and_caption", by_json, methods=["POST"]),
            Route(f"{prefix}/batch_embed_and_caption_multipart", multipart, methods=["POST"]),
            Route(f"{prefix}/embed_text", embed_text, methods=["POST"]),
            Route("/usage", usage),
        ],
        lifespan=_nothing,
    )


async def _answered(model: _Model, request: Request, images: list[tuple[str, bytes]]) -> Response:
    caption = request.query_params.get("caption", "true") == "true"
    return _raw(await model.answer(images, caption))


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bytes]]:
    """The files of a multipart body by unique id; a parser proper would cost more than the stub may."""
    found = []
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        name = head.partition(b'filename="')[2].partition(b'"')[0].decode()
        found.append((name.partition("__")[0], data[:-2]))
    return found


def _vectors() -> list[bytes]:
    random = np.random.default_rng(0).normal(size=(_VECTORS, DIMENSION))
    unit = random / np.linalg.norm(random, axis=1, keepdims=True)
    return [msgspec.json.encode([round(float(value), 6) for value in row]) for row in unit]


def _json(body: object) -> Response:
    return _raw(msgspec.json.encode(body))


def _raw(body: bytes) -> Response:
    return Response(body, media_type="application/json")


@asynccontextmanager
async def _nothing(_: Starlette) -> AsyncIterator[None]:
    yield


if __name__ == "__main__":
    uvicorn.run(
        app(float(sys.argv[2]), float(sys.argv[3]), reads_text="text" in sys.argv[4:]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
    )
