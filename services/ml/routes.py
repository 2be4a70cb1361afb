"""The inference endpoints under /api/v1."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from services.ml.choice import SERVABLE
from services.ml.engine.engine import Engine
from services.ml.engines import Engines
from services.ml.inference import infer
from services.ml.uploads import Upload, from_json, from_multipart, read_json
from services.ml.wire import (
    BatchRequest,
    BatchResponse,
    Capabilities,
    Message,
    Models,
    TextRequest,
    TextResponse,
)

router = APIRouter(prefix="/api/v1")


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Documents a body that the endpoint reads itself, off the event loop."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


_FILES = {
    "type": "object",
    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
}


Model = Annotated[
    str | None, Query(max_length=200, description="A model by name; unset: that of the settings")
]


@router.get("/capabilities")
async def capabilities(request: Request, model: Model = None) -> Capabilities:
    """What the service is, whether its models are loaded, and how many images a request should hold."""
    engine = await _engines(request).of(model)
    backend = engine.backend
    return Capabilities(
        safe_clip_batch=engine.safe_batch,
        safe_blip_batch=engine.safe_batch,
        clip_model_loaded=engine.loaded,
        blip_model_loaded=engine.loaded and backend.caption_model is not None,
        device_type=backend.device,
        cuda_available=backend.device == "cuda",
        precision=backend.precision,
        model_name_clip=backend.model,
        model_name_blip=backend.caption_model,
        embedding_dimension=backend.dimension,
        has_text_model=backend.has_text_model,
        input_side=backend.input_side,
        duplicate_likeness=backend.likeness.duplicate,
        related_likeness=backend.likeness.related,
        words_likeness=backend.likeness.words,
    )


@router.get("/models")
async def models(request: Request) -> Models:
    """Which models may be asked for by name, of those that are here."""
    return Models(default=_engines(request).name, names=list(SERVABLE))


@router.post(
    "/batch_embed_and_caption",
    response_model=BatchResponse,
    openapi_extra=_body("application/json", BatchRequest.model_json_schema()),
)
async def batch(request: Request, caption: bool = True, model: Model = None) -> Response:
    """Embed and caption images sent as base64."""
    return await _answer(await _engines(request).working(model), await from_json(request), caption)


@router.post(
    "/batch_embed_and_caption_multipart",
    response_model=BatchResponse,
    openapi_extra=_body("multipart/form-data", _FILES),
)
async def batch_multipart(request: Request, caption: bool = True, model: Model = None) -> Response:
    """Embed and caption images sent as files named `<unique id>__<original name>.png`."""
    return await _answer(await _engines(request).working(model), await from_multipart(request), caption)


@router.post(
    "/embed_text",
    response_model=TextResponse,
    openapi_extra=_body("application/json", TextRequest.model_json_schema()),
)
async def embed_text(request: Request, model: Model = None) -> Response:
    """Embed a text among the images; 422 no_text_model where the model has no words."""
    text = (await read_json(request, TextRequest)).text
    found = await (await _engines(request).working(model)).embed_text(text)
    shape = list(found.embedding.shape)
    return await _json(
        TextResponse(embedding=found.embedding.tolist(), embedding_shape=shape, note=found.note)
    )


@router.post("/warmup")
async def warmup(request: Request, model: Model = None) -> Message:
    """Load the models; answers once they are."""
    await (await _engines(request).of(model)).warm_up()
    return Message(message="models loaded")


@router.post("/cooldown")
async def cooldown(request: Request, model: Model = None) -> Message:
    """Unload the models; requests then get a 503 until a warmup."""
    await (await _engines(request).of(model)).cool_down()
    return Message(message="models unloaded")


def _engines(request: Request) -> Engines:
    engines: Engines = request.app.state.engines
    return engines


async def _answer(engine: Engine, uploads: list[Upload], caption: bool) -> Response:
    return await _json(await infer(engine, uploads, caption=caption))


async def _json(body: BaseModel) -> Response:
    """`body` encoded in a thread: a large batch takes longer than the event loop may stand still."""
    return Response(await asyncio.to_thread(body.model_dump_json), media_type="application/json")
