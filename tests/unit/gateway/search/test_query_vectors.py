"""The ML service as a search calls it, over real HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from libs.common.errors import Code, SluiceError
from libs.common.ml.client import HttpMLClient, Timeouts
from libs.common.ml.inference import Answer, Dropped, Image, Reply, Result
from libs.common.settings import MLSettings
from services.gateway.search.query_vectors import QueryVectors
from services.ml.app import create_app
from services.ml.settings import MLServiceSettings
from tests.support.ml_faults import Faults, embedding_of, ml_app
from tests.support.serving import served
from tests.unit.ml.photos import jpeg, photo

NOWHERE = "http://127.0.0.1:9"


@asynccontextmanager
async def vectors_of(app: ASGIApp, key: str | None = None) -> AsyncIterator[QueryVectors]:
    async with served(app) as url:
        settings = MLSettings(ml_inference_service_url=url, ml_api_key=SecretStr(key) if key else None)
        async with QueryVectors.open(settings) as vectors:
            yield vectors


@asynccontextmanager
async def lite(key: str) -> AsyncIterator[ASGIApp]:
    app = create_app(MLServiceSettings(ml_api_key=SecretStr(key)))
    async with app.router.lifespan_context(app):
        yield app


async def test_a_key_may_have_any_characters() -> None:
    async with lite("schlüssel") as app, vectors_of(app, "schlüssel") as vectors:
        assert len(await vectors.of_image(jpeg(photo("coffee")))) == 512


async def test_a_proxy_for_the_world_outside_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with vectors_of(ml_app(Faults())) as vectors:
        assert await vectors.of_image(b"x") == pytest.approx(embedding_of(b"x"))


async def test_json_is_used_where_multipart_is_missing() -> None:
    faults = Faults(no_multipart=True)
    async with vectors_of(ml_app(faults)) as vectors:
        assert await vectors.of_image(b"x") == pytest.approx(embedding_of(b"x"))
    assert faults.kinds == ["json"]


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (503, "models not loaded", Code.ML_UNAVAILABLE),
        (429, "slow down", Code.ML_UNAVAILABLE),
        (401, "", Code.ML_UNAVAILABLE),
        (400, "cannot identify image file", Code.ML_REJECTED),
        (413, "too large", Code.ML_REJECTED),
        (200, "<html>welcome</html>", Code.ML_BAD_RESULT),
        (200, '{"results": []}', Code.ML_BAD_RESULT),
    ],
)
async def test_each_failure_has_its_code(status: int, text: str, code: Code) -> None:
    async with vectors_of(ml_app(Faults(status=status, text=text))) as vectors:
        with pytest.raises(SluiceError) as raised:
            await vectors.of_image(b"x")
    assert raised.value.code is code


async def test_a_service_that_is_gone_is_away() -> None:
    async with QueryVectors.open(MLSettings(ml_inference_service_url=NOWHERE)) as vectors:
        with pytest.raises(SluiceError) as raised:
            await vectors.of_text("a dog")
    assert raised.value.code is Code.ML_UNAVAILABLE


class Closing(HttpMLClient):
    """A client whose first request finds its connection closed."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Dropped("closed"), Answer([Result("query", [0.5, 0.5])])]

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        assert images
        assert not caption
        return self.replies.pop(0)


async def test_a_connection_that_was_closed_while_it_was_idle_costs_no_search() -> None:
    assert await QueryVectors(Closing()).of_image(b"x") == [0.5, 0.5]


async def test_an_unreadable_answer_to_capabilities_is_no_crash() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="hello"))
    settings = MLSettings(ml_inference_service_url="http://ml:8001")
    async with HttpMLClient.open(settings, Timeouts(embed_s=1, connect_s=1), transport) as client:
        with pytest.raises(SluiceError, match="not understood"):
            await client.capabilities()
