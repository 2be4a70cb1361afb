"""The vector of one picture or one text to search by, from the ML service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.ml.client import HttpMLClient, Timeouts
from libs.common.ml.inference import Answer, Dropped, Image, Refused, Reply, TooMuch
from libs.common.ml.results import checked_vector
from libs.common.settings import MLSettings

SECONDS = 8.0
"""Clients wait 10 s for an answer."""


class QueryVectors:
    """Asks the ML service for searches. Calls raise ml_unavailable while it is away or loading."""

    def __init__(self, client: HttpMLClient) -> None:
        self._client = client

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: MLSettings) -> AsyncIterator["QueryVectors"]:
        """With connections of its own."""
        async with HttpMLClient.open(settings, Timeouts(embed_s=SECONDS, connect_s=SECONDS)) as client:
            yield cls(client)

    @property
    def client(self) -> HttpMLClient:
        """What it asks through."""
        return self._client

    async def of_image(self, jpeg: bytes, model: str | None = None) -> list[float]:
        """The image's vector; ml_rejected if the service cannot take it, ml_bad_result if it is none.

        `model`: the name to ask for; None: the one in use.
        """
        image, client = Image("query", "query", jpeg), self._client_of(model)
        return await _vector(lambda: client.embed([image], caption=False))

    async def of_text(self, text: str, model: str | None = None) -> list[float]:
        """The text's vector; ml_bad_result if it is none."""
        client = self._client_of(model)
        return await _vector(lambda: client.embed_text(text))

    def _client_of(self, model: str | None) -> HttpMLClient:
        return self._client if model is None else self._client.for_model(model)


async def _vector(ask: Callable[[], Awaitable[Reply]]) -> list[float]:
    try:
        async with asyncio.timeout(SECONDS):
            return _read(await _answered(ask))
    except TimeoutError as error:
        raise _away("it did not answer in time") from error


async def _answered(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """Its reply; a connection that it closed while it was idle breaks the first request only."""
    reply = await ask()
    return await ask() if isinstance(reply, Dropped) else reply


def _read(reply: Reply) -> list[float]:
    match reply:
        case Answer(results=[result]):
            return checked_vector(result)
        case Answer():
            detail = f"the ML service gave {len(reply.results)} results for one image"
            raise SluiceError(Code.ML_BAD_RESULT, detail)
        case Refused() if reply.code is Code.ML_BAD_RESULT:
            raise SluiceError(Code.ML_BAD_RESULT, reply.detail)
        case Refused() | TooMuch():
            raise SluiceError(Code.ML_REJECTED, f"the ML service cannot take it: {reply.detail}")
        case _:
            raise _away(reply.detail)


def _away(why: str) -> UnavailableError:
    return UnavailableError(Code.ML_UNAVAILABLE, f"the ML service is not there: {why}")
