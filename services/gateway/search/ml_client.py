"""Asking the ML service for the vector of one image or one text."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import isfinite
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from msgspec import Struct

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.settings import MLSettings
from libs.common.unreadable import UNREADABLE

SECONDS = 8.0
"""Clients wait 10 s for an answer."""


_BATCH = "batch_embed_and_caption"


class _NoSuchEndpointError(SluiceError):
    """Older services lack the multipart endpoint."""


class _Result(Struct):
    embedding: list[float] | None = None
    error: str | None = None


class _Results(Struct):
    results: list[_Result]


class MLClient:
    """The ML service, for searches. Calls raise ml_unavailable while it is away or loading."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: MLSettings) -> AsyncIterator["MLClient"]:
        """A client with connections of its own."""
        key = settings.ml_api_key
        headers = {"x-api-key": key.get_secret_value()} if key else {}
        base = f"{settings.ml_inference_service_url}/api/v1/"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=SECONDS) as http:
            yield cls(http)

    async def embed_image(self, jpeg: bytes) -> list[float]:
        """The image's vector; ml_rejected if the service cannot take it, ml_bad_result if it is none."""
        unique_id = str(uuid4())
        try:
            body = await self._post(
                f"{_BATCH}_multipart?caption=false",
                files=[("files", (f"{unique_id}__query.png", jpeg, "image/jpeg"))],
            )
        except _NoSuchEndpointError:
            image = {"unique_id": unique_id, "image_base64": b64encode(jpeg).decode(), "filename": "query"}
            body = await self._post(f"{_BATCH}?caption=false", json={"images": [image]})
        result = _decoded(body, _Results).results
        if len(result) != 1:
            raise SluiceError(Code.ML_BAD_RESULT, f"the ML service gave {len(result)} results for one image")
        if result[0].error:
            raise SluiceError(Code.ML_REJECTED, f"the ML service cannot take the image: {result[0].error}")
        return _checked(result[0].embedding)

    async def embed_text(self, text: str) -> list[float]:
        """The text's vector; ml_bad_result if it is none."""
        return _checked(_decoded(await self._post("embed_text", json={"text": text}), _Result).embedding)

    async def _post(self, path: str, **request: Any) -> bytes:
        try:
            response = await self._http.post(path, **request)
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if status >= 500 or status == 429:
                raise _away(f"it answers {status}") from error
            if status in (404, 405):
                raise _NoSuchEndpointError(Code.ML_REJECTED, f"the ML service has no {path}") from error
            raise SluiceError(Code.ML_REJECTED, f"the ML service answers {status} to {path}") from error
        except httpx.HTTPError as error:
            raise _away(str(error) or type(error).__name__) from error
        return response.content


def _away(why: str) -> UnavailableError:
    return UnavailableError(Code.ML_UNAVAILABLE, f"the ML service is not there: {why}")


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as error:
        raise SluiceError(
            Code.ML_BAD_RESULT, f"the ML service's answer is not understood: {error}"
        ) from error


def _checked(vector: list[float] | None) -> list[float]:
    if not vector or not all(map(isfinite, vector)):
        raise SluiceError(Code.ML_BAD_RESULT, "the ML service gave no usable vector")
    return vector
