"""The ML service over HTTP: multipart first, JSON where a service does not have it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from libs.common.errors import Code, UnavailableError
from libs.common.unreadable import UNREADABLE
from services.inferencer.failures import (
    reason_of_error,
    reason_of_status,
    reply_to_error,
    reply_to_status,
)
from services.inferencer.inference import Capabilities, Image, Refused, Reply
from services.inferencer.settings import InferencerSettings
from services.inferencer.wire import file_name, read_answer, read_capabilities, write_request

_JSON = "batch_embed_and_caption"
_MULTIPART = "batch_embed_and_caption_multipart"
_MISSING = (404, 405)


class HttpInferenceClient:
    """An InferenceClient over a connection pool that `open` owns."""

    def __init__(self, http: httpx.AsyncClient, settings: InferencerSettings) -> None:
        self._http = http
        self._settings = settings
        self._has_multipart = True

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: InferencerSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> AsyncIterator["HttpInferenceClient"]:
        """A client of the service in the settings; `transport` takes the place of the network."""
        base = settings.ml_inference_service_url
        key = settings.ml_api_key
        async with httpx.AsyncClient(
            base_url=f"{base}/api/v1/",
            headers={b"x-api-key": key.get_secret_value().encode()} if key else None,
            timeout=httpx.Timeout(
                settings.ml_timeout_seconds, connect=settings.ml_connect_seconds, pool=None
            ),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
            # A proxy for the world outside is not for this service; certificates are the system's.
            trust_env=False,
            verify=ssl.create_default_context() if base.startswith("https:") else True,
            transport=transport,
        ) as http:
            yield cls(http, settings)

    async def capabilities(self) -> Capabilities:
        """See InferenceClient."""
        body = await self._expect("GET", "capabilities", self._settings.ml_connect_seconds)
        try:
            return read_capabilities(body)
        except UNREADABLE as error:
            raise _unavailable(f"its capabilities are not understood: {error}") from error

    async def warm_up(self) -> None:
        """See InferenceClient."""
        await self._expect("POST", "warmup", self._settings.ml_warmup_seconds)

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        """See InferenceClient. That the service lacks multipart is remembered once JSON has worked."""
        params = {"caption": "true" if caption else "false"}
        try:
            answer = await self._send(images, params)
        except httpx.HTTPError as error:
            return reply_to_error(error)
        if answer.status_code != 200:
            return reply_to_status(answer.status_code, answer.content)
        try:
            return await asyncio.to_thread(read_answer, answer.content)
        except UNREADABLE as error:
            return Refused(f"the ML service's answer is not understood: {error}", Code.ML_BAD_RESULT)

    async def _send(self, images: Sequence[Image], params: dict[str, str]) -> httpx.Response:
        if self._has_multipart:
            answer = await self._send_multipart(images, params)
            if answer.status_code not in _MISSING:
                return answer
        answer = await self._send_json(images, params)
        self._has_multipart = self._has_multipart and answer.status_code in _MISSING
        return answer

    async def _send_multipart(self, images: Sequence[Image], params: dict[str, str]) -> httpx.Response:
        files = [("files", (file_name(image), image.data, "image/jpeg")) for image in images]
        return await self._http.post(_MULTIPART, params=params, files=files)

    async def _send_json(self, images: Sequence[Image], params: dict[str, str]) -> httpx.Response:
        body = await asyncio.to_thread(write_request, images)
        headers = {"content-type": "application/json"}
        return await self._http.post(_JSON, params=params, content=body, headers=headers)

    async def _expect(self, method: str, path: str, timeout_s: float, **options: Any) -> bytes:
        """The body of a 200; UnavailableError with the reason for anything else."""
        timeout = httpx.Timeout(timeout_s, connect=self._settings.ml_connect_seconds)
        try:
            answer = await self._http.request(method, path, timeout=timeout, **options)
        except httpx.HTTPError as error:
            raise _unavailable(reason_of_error(error)) from error
        if answer.status_code != 200:
            raise _unavailable(reason_of_status(answer.status_code, answer.content))
        return answer.content


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError(Code.ML_UNAVAILABLE, reason)
