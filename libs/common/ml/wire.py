"""The JSON of the ML service, as it is sent and read: requests and results."""

import base64
import json
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from libs.common.ml.inference import Answer, Image, Result
from libs.common.unreadable import UNREADABLE

TEXT_ID = "text"
"""The id of the one result of a text."""

StructT = TypeVar("StructT", bound=Struct)


class _Result(Struct):
    unique_id: str
    embedding: Any = None
    caption: str | None = None
    error: str | None = None
    model_name_clip: str | None = None


class _Response(Struct):
    results: list[_Result]


class _TextResponse(Struct):
    embedding: Any


class _EncodedImage(Struct):
    unique_id: str
    image_base64: str
    filename: str


class _Request(Struct):
    images: list[_EncodedImage]


def read_answer(body: bytes) -> Answer:
    """The results in `body`; ValueError if there are none to read."""
    return Answer(
        [
            Result(result.unique_id, result.embedding, result.caption, result.error, result.model_name_clip)
            for result in _decoded(body, _Response).results
        ]
    )


def read_text_answer(body: bytes) -> Answer:
    """The one result of a text in `body`; ValueError if there is none to read."""
    return Answer([Result(TEXT_ID, _decoded(body, _TextResponse).embedding)])


def _decoded(body: bytes, kind: type[StructT]) -> StructT:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Python services write NaN, which is no JSON; one such number must not cost the whole batch.
        return msgspec.convert(json.loads(body), type=kind)


def write_request(images: Sequence[Image]) -> bytes:
    """The JSON request for `images`, their bytes in base64."""
    encoded = [_EncodedImage(image.id, base64.b64encode(image.data).decode(), image.name) for image in images]
    return msgspec.json.encode(_Request(encoded))


def file_name(image: Image) -> str:
    """The name of an image's part in a multipart request, from which the service takes the id."""
    safe = "".join(char if char.isprintable() and char not in '/\\"' else "_" for char in image.name)
    return f"{image.id}__{safe[-100:]}.png"


def read_detail(body: bytes) -> str:
    """The reason in an error's body: a problem's or FastAPI's `detail`, or the start of the text."""
    try:
        problem = msgspec.json.decode(body)
    except UNREADABLE:
        problem = None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    text = detail if isinstance(detail, str) else body.decode("utf-8", errors="replace")
    return " ".join(text.split())[:300]
