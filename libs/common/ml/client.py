"""The ML service over HTTP: multipart first, JSON where a service does not have it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from libs.common.errors import Code, UnavailableError
from libs.common.ml.capabilities import Capabilities, read_capabilities
from libs.common.ml.failures import (
    reason_of_error,
    reason_of_status,
    reply_to_answer,
    reply_to_error,
    reply_to_status,
)
from libs.common.ml.inference import Answer, Image, Refused, Reply
from libs.common.ml.wire import file_name, read_answer, read_detail, read_text_answer, write_request
from libs.common.settings import MLSettings
from libs.common.unreadable import UNREADABLE

_JSON = "batch_embed_and_caption"
_MULTIPART = "batch_embed_and_caption_multipart"
_MISSING = (404, 405)
_JSON_HEADERS = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the service may take, in seconds."""

    embed_s: float
    connect_s: float
    """To take a connection, and to answer to capabilities."""
    warm_up_s: float = 600.0


class HttpMLClient:
    """An InferenceClient, with texts next to the images, over a connection pool that `open` owns."""

    def __init__(self, http: httpx.AsyncClient, timeouts: Timeouts, model: str | None = None) -> None:
        self._http = http
        self._timeouts = timeouts
        self._query = {} if model is None else {"model": model}
        self._has_multipart = True

    def for_model(self, name: str | None) -> "HttpMLClient":
        """A client over the same connections that asks for this model; None: for the one in use."""
        return HttpMLClient(self._http, self._timeouts, name)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: MLSettings, timeouts: Timeouts, transport: httpx.AsyncBaseTransport | None = None
    ) -> AsyncIterator["HttpMLClient"]:
        """A client of the service in the settings; `transport` takes the place of the network."""
        base = settings.ml_inference_service_url
        key = settings.ml_api_key
        async with httpx.AsyncClient(
            base_url=f"{base}/api/v1/",
            headers={b"x-api-key": key.get_secret_value().encode()} if key else None,
            timeout=httpx.Timeout(timeouts.embed_s, connect=timeouts.connect_s, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
            # A proxy for the world outside is not for this service; certificates are the system's.
            trust_env=False,
            verify=ssl.create_default_context() if base.startswith("https:") else True,
            transport=transport,
        ) as http:
            yield cls(http, timeouts)

    async def capabilities(self) -> Capabilities:
        """See InferenceClient."""
        body = await self._expect("GET", "capabilities", self._timeouts.connect_s)
        try:
            return read_capabilities(body)
        except UNREADABLE as error:
            raise _unavailable(f"its capabilities are not understood: {error}") from error

    async def name_in_use(self) -> str | None:
        """By which the model in use is asked for; None where it has no name, or the service knows no names.

        UnavailableError while the service is away.
        """
        try:
            answer = await self._http.get("models", timeout=self._timeouts.connect_s)
        except httpx.HTTPError as error:
            raise _unavailable(reason_of_error(error)) from error
        try:
            return msgspec.json.decode(answer.content, type=_Models).default if answer.is_success else None
        except UNREADABLE:
            return None

    async def warm_up(self) -> None:
        """See InferenceClient."""
        await self._expect("POST", "warmup", self._timeouts.warm_up_s)

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        """See InferenceClient. That the service lacks multipart is remembered once JSON has worked."""
        params = {"caption": "true" if caption else "false"} | self._query
        return await _reply(self._send(images, params), read_answer)

    async def embed_text(self, text: str) -> Reply:
        """An Answer with one result, the text's; failures are replies, as those of `embed`."""
        body = msgspec.json.encode({"text": text})
        return await _reply(
            self._http.post("embed_text", params=self._query, content=body, headers=_JSON_HEADERS),
            read_text_answer,
        )

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
        return await self._http.post(_JSON, params=params, content=body, headers=_JSON_HEADERS)

    async def _expect(self, method: str, path: str, timeout_s: float, **options: Any) -> bytes:
        """The body of a 200; UnavailableError with the reason for anything else."""
        timeout = httpx.Timeout(timeout_s, connect=self._timeouts.connect_s)
        try:
            answer = await self._http.request(method, path, params=self._query, timeout=timeout, **options)
        except httpx.HTTPError as error:
            raise _unavailable(reason_of_error(error)) from error
        if answer.status_code == 422 and self._query:
            raise UnavailableError(Code.MODEL_UNAVAILABLE, read_detail(answer.content), retryable=False)
        if answer.status_code != 200:
            raise _unavailable(reason_of_status(answer.status_code, answer.content))
        return answer.content


class _Models(msgspec.Struct):
    default: str | None = None


async def _reply(sent: Awaitable[httpx.Response], read: Callable[[bytes], Answer]) -> Reply:
    try:
        answer = await sent
    except httpx.HTTPError as error:
        return reply_to_error(error)
    if answer.status_code != 200:
        return reply_to_status(answer.status_code, answer.content)
    try:
        return reply_to_answer(await asyncio.to_thread(read, answer.content))
    except UNREADABLE as error:
        return Refused(f"the ML service's answer is not understood: {error}", Code.ML_BAD_RESULT)


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError(Code.ML_UNAVAILABLE, reason)
