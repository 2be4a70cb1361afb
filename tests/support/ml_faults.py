"""An ML service whose faults a test switches on and off: an ASGI app with the real wire format.

Embeddings depend on an image's bytes alone (see `embedding_of`), so that a test can tell whose result is
whose. That no one listens at all is up to the test.
"""

import asyncio
import base64
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

DIMENSION = 8

Results = list[dict[str, Any]]


@dataclass(slots=True)
class Faults:
    """What goes wrong. Everything may be changed while requests run; `requests` counts images by request."""

    slow_s: float = 0.0
    status: int | None = None
    """Every inference is answered with this status."""
    text: str = "made to fail"
    statuses: list[int] = field(default_factory=list)
    """As `status`, each for one request; these go first."""
    too_many_above: int | None = None
    """413 for more images than this."""
    out_of_memory_above: int | None = None
    """500 with the words of a CUDA error for more images than this."""
    errors_above: int | None = None
    """200 with the words of a CUDA error as each image's own error, for more images than this."""
    poison: dict[bytes, int] = field(default_factory=dict)
    """A request that holds such an image gets this status."""
    spoil: Callable[[Results], Results] | None = None
    """Changes the results before they are sent: see `drop_last`, `reverse`, `nan`, `shorten`."""
    no_multipart: bool = False
    old_capabilities: bool = False
    loaded: bool = True
    captions_loaded: bool = True
    """Whether the caption model is; captions are a 503 without it."""
    warmups: int = 0
    safe_batch: int = 8
    model: str | None = "faulty-8"
    api_key: str | None = None
    requests: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    captions: list[bool] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0


def drop_last(results: Results) -> Results:
    """One result too few."""
    return results[:-1]


def reverse(results: Results) -> Results:
    """The wrong order."""
    return results[::-1]


def nan(results: Results) -> Results:
    """A first embedding that is not finite."""
    return [results[0] | {"embedding": [math.nan] * DIMENSION}, *results[1:]]


def shorten(results: Results) -> Results:
    """A first embedding of the wrong size."""
    return [results[0] | {"embedding": [0.5]}, *results[1:]]


def embedding_of(data: bytes) -> list[float]:
    """What the service answers for an image: DIMENSION values exact in float32."""
    return [byte / 256 for byte in hashlib.sha256(data).digest()[:DIMENSION]]


def ml_app(faults: Faults) -> Starlette:
    """The service, failing as `faults` says."""
    service = _Service(faults)
    return Starlette(
        routes=[
            Route("/api/v1/capabilities", service.capabilities),
            Route("/api/v1/warmup", service.warmup, methods=["POST"]),
            Route("/api/v1/batch_embed_and_caption", service.by_json, methods=["POST"]),
            Route("/api/v1/batch_embed_and_caption_multipart", service.by_multipart, methods=["POST"]),
        ]
    )


class _Service:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def capabilities(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        faults = self._faults
        if faults.old_capabilities:
            return _json({"safe_clip_batch": faults.safe_batch})
        return _json(
            {
                "safe_clip_batch": faults.safe_batch,
                "safe_blip_batch": faults.safe_batch,
                "clip_model_loaded": faults.loaded,
                "blip_model_loaded": faults.loaded and faults.captions_loaded,
                "device_type": "cpu",
                "cuda_available": False,
                "embedding_dimension": DIMENSION,
            }
        )

    async def warmup(self, _: Request) -> Response:
        self._faults.loaded = self._faults.captions_loaded = True
        self._faults.warmups += 1
        return _json({"message": "loaded"})

    async def by_json(self, request: Request) -> Response:
        images = (await request.json())["images"]
        return await self._infer(
            request,
            "json",
            [(image["unique_id"], base64.b64decode(image["image_base64"])) for image in images],
        )

    async def by_multipart(self, request: Request) -> Response:
        if self._faults.no_multipart:
            return PlainTextResponse("Not Found", 404)
        async with request.form(max_files=10_000) as form:
            parts = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
            images = [(str(part.filename).split("__")[0], await part.read()) for part in parts]
        return await self._infer(request, "multipart", images)

    async def _infer(self, request: Request, kind: str, images: list[tuple[str, bytes]]) -> Response:
        faults = self._faults
        faults.requests.append(len(images))
        faults.kinds.append(kind)
        faults.captions.append(request.query_params["caption"] == "true")
        faults.in_flight += 1
        faults.most_in_flight = max(faults.most_in_flight, faults.in_flight)
        try:
            await asyncio.sleep(faults.slow_s)
        finally:
            faults.in_flight -= 1
        if not faults.captions_loaded and faults.captions[-1]:
            return PlainTextResponse("caption model not loaded", 503)
        return self._unauthorized(request) or self._fault(images) or self._answer(request, images)

    def _unauthorized(self, request: Request) -> Response | None:
        wanted = self._faults.api_key
        if wanted is None or request.headers.get("x-api-key") == wanted:
            return None
        return PlainTextResponse("wrong key", 401)

    def _fault(self, images: list[tuple[str, bytes]]) -> Response | None:
        faults = self._faults
        status = faults.statuses.pop(0) if faults.statuses else faults.status
        if status is not None:
            return PlainTextResponse(faults.text, status)
        if not faults.loaded:
            return PlainTextResponse("models not loaded", 503)
        if faults.too_many_above is not None and len(images) > faults.too_many_above:
            return PlainTextResponse("Request Entity Too Large", 413)
        if faults.out_of_memory_above is not None and len(images) > faults.out_of_memory_above:
            return PlainTextResponse("CUDA error: out of memory", 500)
        return self._poisoned({data for _, data in images})

    def _poisoned(self, images: set[bytes]) -> Response | None:
        statuses = [status for data, status in self._faults.poison.items() if data in images]
        return PlainTextResponse("cannot process this batch", statuses[0]) if statuses else None

    def _answer(self, request: Request, images: list[tuple[str, bytes]]) -> Response:
        captioned = request.query_params["caption"] == "true"
        results = [
            {
                "unique_id": unique_id,
                "filename": unique_id,
                "embedding": embedding_of(data),
                "embedding_shape": [DIMENSION],
                "caption": "a picture" if captioned else None,
                "error": None,
                "model_name_clip": self._faults.model,
            }
            for unique_id, data in images
        ]
        if self._faults.errors_above is not None and len(images) > self._faults.errors_above:
            failed = {
                "embedding": None,
                "caption": None,
                "error": "CUDA out of memory. Tried to allocate",
            }
            return _json({"results": [result | failed for result in results]})
        spoil = self._faults.spoil
        return _json({"results": spoil(results) if spoil and results else results})


def _json(body: object) -> Response:
    """JSON as Python writes it, NaN included."""
    return Response(json.dumps(body), media_type="application/json")
