"""The images of a request, whichever way they came."""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from libs.common.errors import Code, FileError, SluiceError
from services.ml.wire import BatchRequest, EncodedImage

_MAX_FILES = 10_000

BodyT = TypeVar("BodyT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Upload:
    """One image as it came: its bytes, or why there are none."""

    unique_id: str
    filename: str
    data: bytes | FileError


async def read_json(request: Request, kind: type[BodyT]) -> BodyT:
    """The request's body, parsed in a thread, as it may be 100 MB; SluiceError invalid_request."""
    body = await request.body()
    try:
        return await asyncio.to_thread(kind.model_validate_json, body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise SluiceError(Code.INVALID_REQUEST, f"{where}: {first['msg']}") from error


async def from_json(request: Request) -> list[Upload]:
    """The images of a JSON request; one whose base64 is damaged is an Upload with an error."""
    batch = await read_json(request, BatchRequest)
    return await asyncio.to_thread(lambda: [_decoded(image) for image in batch.images])


async def from_multipart(request: Request) -> list[Upload]:
    """The files of a multipart request, each named `<unique id>__<original name>.png`."""
    async with request.form(max_files=_MAX_FILES) as form:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not files:
            raise SluiceError(Code.INVALID_REQUEST, "files: no image was sent")
        return [_named(part.filename or "", await part.read()) for part in files]


def _decoded(image: EncodedImage) -> Upload:
    # A browser's data URL is tolerated: what follows its comma is the image.
    encoded = image.image_base64.rpartition(",")[2]
    try:
        data: bytes | FileError = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        data = FileError(Code.DECODE_FAILED, f"image_base64 is not base64: {error}")
    return Upload(image.unique_id, image.filename, data)


def _named(name: str, data: bytes) -> Upload:
    unique_id, separator, original = name.partition("__")
    if not separator:
        return Upload(name, name, data)
    return Upload(unique_id, original.removesuffix(".png"), data)
