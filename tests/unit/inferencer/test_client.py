"""The HTTP client against the real ML service, and against one with faults."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from PIL import Image as Pillow

from libs.common.errors import Code, UnavailableError
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.client import HttpMLClient
from libs.common.ml.inference import (
    Answer,
    Away,
    Dropped,
    Image,
    Refused,
    TimedOut,
    TooMuch,
)
from libs.common.ml.plain_image import probe_image
from libs.common.ml.results import Embedded
from services.inferencer.batching import Batching
from services.inferencer.model_report import ModelReport
from services.inferencer.settings import InferencerSettings
from services.inferencer.watch import Watch
from services.ml.app import create_app
from services.ml.settings import MLServiceSettings
from tests.support.ml_faults import (
    Faults,
    Results,
    drop_last,
    embedding_of,
    ml_app,
    nan,
    reverse,
    shorten,
)
from tests.unit.inferencer.fakes import FakeClient, Pauses, Published, floats


def settings_of(**settings: Any) -> InferencerSettings:
    return InferencerSettings.model_validate({"ml_inference_service_url": "http://ml:8001"} | settings)


def opened(
    settings: InferencerSettings, transport: httpx.AsyncBaseTransport | None = None
) -> AbstractAsyncContextManager[HttpMLClient]:
    return HttpMLClient.open(settings, settings.ml_timeouts, transport)


@asynccontextmanager
async def client_of(app: Any, **settings: Any) -> AsyncIterator[HttpMLClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with opened(settings_of(**settings), transport) as client:
        yield client


@asynccontextmanager
async def lite(api_key: str | None = None, **settings: Any) -> AsyncIterator[HttpMLClient]:
    app = create_app(MLServiceSettings.model_validate({"ml_api_key": api_key} if api_key else {}))
    async with app.router.lifespan_context(app), client_of(app, **settings) as client:
        yield client


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (60, 40), colour).save(out, "JPEG")
    return out.getvalue()


def photos(count: int) -> list[Image]:
    return [Image(f"i{n}", f"{n}.jpg", b"jpeg %d" % n) for n in range(count)]


RED, BLUE = Image("r", "red.jpg", jpeg("red")), Image("b", "blue.jpg", jpeg("blue"))


async def test_the_real_service_reports_itself() -> None:
    async with lite() as client:
        assert await client.capabilities() == Capabilities(
            safe_batch=32,
            loaded=True,
            model="lite-512-v1",
            dimension=512,
            has_text=False,
            input_side=224,
            duplicate_likeness=0.98,
            related_likeness=0.9,
        )


@pytest.mark.parametrize("caption", [True, False])
async def test_the_real_service_answers_in_order(caption: bool) -> None:
    async with lite() as client:
        reply = await client.embed([RED, BLUE], caption=caption)
    assert isinstance(reply, Answer)
    red, blue = reply.results
    assert (red.id, blue.id, red.model, red.error) == ("r", "b", "lite-512-v1", None)
    assert (red.caption is not None and "mostly red" in red.caption) == caption
    assert isinstance(red.embedding, list)
    assert len(red.embedding) == 512
    assert red.embedding != blue.embedding


@pytest.mark.parametrize(
    "name", ["søren/../../x.jpg", 'quo"te\r\nInjected: 1.png', "a__b.jpg", "", "x" * 400]
)
async def test_any_file_name_comes_through_the_multipart_form(name: str) -> None:
    async with lite() as client:
        reply = await client.embed([Image("id", name, RED.data)], caption=False)
    assert isinstance(reply, Answer)
    assert [(result.id, result.error) for result in reply.results] == [("id", None)]


async def test_the_real_service_takes_the_probe() -> None:
    async with lite() as client:
        reply = await client.embed([probe_image()], caption=True)
    assert isinstance(reply, Answer)
    assert reply.results[0].error is None


async def test_the_api_key_is_sent_and_its_lack_is_said() -> None:
    async with lite("sésame", ml_api_key="sésame") as client:
        assert isinstance(await client.embed([RED], caption=False), Answer)
    async with lite("secret") as client:
        assert await client.embed([RED], caption=False) == Away(
            "it wants another API key (401): set ML_API_KEY"
        )
        with pytest.raises(UnavailableError, match="set ML_API_KEY"):
            await client.capabilities()


async def test_unloaded_models_are_away_until_warmed_up() -> None:
    app = create_app(MLServiceSettings())
    async with app.router.lifespan_context(app), client_of(app) as client:
        await app.state.engine.cool_down()
        assert not (await client.capabilities()).loaded
        assert isinstance(await client.embed([RED], caption=False), Away)
        await client.warm_up()
        assert isinstance(await client.embed([RED], caption=False), Answer)


async def test_an_old_service_reports_its_safe_batch_alone() -> None:
    async with client_of(ml_app(Faults(old_capabilities=True, safe_batch=6))) as client:
        assert await client.capabilities() == Capabilities(safe_batch=6)


async def test_json_is_used_and_remembered_where_multipart_is_missing() -> None:
    faults = Faults(no_multipart=True)
    async with client_of(ml_app(faults)) as client:
        for _ in range(2):
            reply = await client.embed(photos(2), caption=True)
            assert isinstance(reply, Answer)
            assert reply.results[1].embedding == embedding_of(b"jpeg 1")
        faults.no_multipart = False
        await client.embed(photos(1), caption=False)
    assert faults.kinds == ["json", "json", "json"]
    assert faults.captions == [True, True, False]


async def test_a_service_that_is_missing_altogether_is_not_taken_for_one_without_multipart() -> None:
    faults = Faults(statuses=[404, 404])
    async with client_of(ml_app(faults)) as client:
        assert isinstance(await client.embed(photos(1), caption=True), Away)
        assert isinstance(await client.embed(photos(1), caption=True), Answer)
    assert faults.kinds == ["multipart", "json", "multipart"]


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (413, "too large", TooMuch),
        (500, "CUDA out of memory. Tried to allocate", TooMuch),
        (503, '{"detail": "OutOfMemoryError"}', TooMuch),
        (507, "out of memory", TooMuch),
        (400, "cannot identify image file", Refused),
        (422, '{"detail": [{"msg": "field required"}]}', Refused),
        (500, "Internal Server Error", Refused),
        (503, "models not loaded", Away),
        (401, "", Away),
        (429, "slow down", Away),
        (502, "<html>bad gateway</html>", Away),
        (302, "", Away),
    ],
)
async def test_each_status_has_its_meaning(status: int, text: str, kind: type[object]) -> None:
    async with client_of(ml_app(Faults(status=status, text=text))) as client:
        reply = await client.embed(photos(2), caption=True)
    assert type(reply) is kind
    assert not isinstance(reply, Answer)
    assert str(status) in reply.detail


async def test_what_is_no_answer_is_refused_as_a_bad_result() -> None:
    async with client_of(ml_app(Faults(status=200, text="<html>welcome</html>"))) as client:
        reply = await client.embed(photos(2), caption=True)
        assert isinstance(reply, Refused)
        assert reply.code == Code.ML_BAD_RESULT


class Failing(httpx.AsyncBaseTransport):
    """A network on which every request ends in one way."""

    def __init__(self, fail: Callable[[httpx.Request], Exception]) -> None:
        self.fail = fail

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.fail(request)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout, Away),
        (httpx.ConnectError, Away),
        (httpx.ReadTimeout, TimedOut),
        (httpx.WriteTimeout, TimedOut),
        (httpx.ReadError, Dropped),
        (httpx.WriteError, Dropped),
        (httpx.RemoteProtocolError, Dropped),
    ],
)
async def test_each_network_failure_has_its_meaning(error: type[httpx.HTTPError], kind: type[object]) -> None:
    transport = Failing(lambda request: error("went wrong", request=request))  # type: ignore[call-arg]
    async with opened(settings_of(), transport) as client:
        assert type(await client.embed(photos(1), caption=True)) is kind
        with pytest.raises(UnavailableError) as raised:
            await client.capabilities()
    assert raised.value.code == Code.ML_UNAVAILABLE


async def test_a_refused_connection_is_said_in_words(unused_tcp_port: int) -> None:
    settings = settings_of(ml_inference_service_url=f"http://127.0.0.1:{unused_tcp_port}/")
    async with opened(settings) as client:
        with pytest.raises(UnavailableError, match=r"^connection refused$"):
            await client.capabilities()
        assert await client.embed(photos(1), caption=True) == Away("connection refused")


async def test_a_service_that_hangs_is_not_waited_for_longer_than_allowed(unused_tcp_port: int) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", unused_tcp_port)
    async with server:
        settings = settings_of(
            ml_inference_service_url=f"http://127.0.0.1:{unused_tcp_port}",
            ml_timeout_seconds=0.1,
            ml_connect_seconds=0.1,
        )
        async with opened(settings) as client:
            assert isinstance(await client.embed(photos(1), caption=True), TimedOut)
            with pytest.raises(UnavailableError, match="no answer in time"):
                await client.capabilities()


@asynccontextmanager
async def batching_over(faults: Faults) -> AsyncIterator[Batching]:
    async with client_of(ml_app(faults)) as client:
        watch = Watch(client, ModelReport(Published()), "http://ml:8001", pause=Pauses())
        yield Batching(client, watch, batch_size=128)


@pytest.mark.parametrize("spoil", [drop_last, reverse])
async def test_a_wrong_count_or_order_mixes_no_images_up(spoil: Callable[[Results], Results]) -> None:
    faults, requested = Faults(), photos(20)
    faults.spoil = lambda results: spoil(results) if len(results) > 1 else results
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(requested, caption=True)
    for image in requested:
        verdict = verdicts[image.id]
        assert isinstance(verdict, Embedded)
        assert floats(verdict.embedding) == embedding_of(image.data)


@pytest.mark.parametrize("spoil", [nan, shorten])
async def test_a_bad_embedding_costs_its_own_image_only(spoil: Callable[[Results], Results]) -> None:
    async with batching_over(Faults(spoil=spoil, safe_batch=10)) as batching:
        verdicts = await batching.embed(photos(10), caption=True)
    bad = [id_ for id_, verdict in verdicts.items() if not isinstance(verdict, Embedded)]
    assert bad == ["i0"]


async def test_poison_is_found_behind_http_whatever_way_it_strikes() -> None:
    faults = Faults(poison={b"jpeg 3": 500, b"jpeg 11": 422, b"jpeg 17": 400})
    requested = photos(20)
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(requested, caption=True)
    bad = {id_ for id_, verdict in verdicts.items() if not isinstance(verdict, Embedded)}
    assert bad == {"i3", "i11", "i17"}


@pytest.mark.parametrize("fault", [{"too_many_above": 3}, {"out_of_memory_above": 3}, {"errors_above": 3}])
async def test_a_service_that_takes_less_than_it_says_gets_less(fault: dict[str, int]) -> None:
    faults = Faults(safe_batch=16, **fault)  # type: ignore[arg-type]
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(photos(32), caption=True)
    assert all(isinstance(verdict, Embedded) for verdict in verdicts.values())
    assert len(verdicts) == 32


async def test_a_restart_in_the_middle_costs_nothing() -> None:
    faults = Faults(statuses=[503, 502, 503], loaded=False)
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(photos(20), caption=True)
    assert sum(isinstance(verdict, Embedded) for verdict in verdicts.values()) == 20
    assert faults.most_in_flight <= 2


async def test_out_of_memory_of_each_image_in_a_200_costs_none_and_is_learned() -> None:
    """As the service in the field answers: 39 of 39 images were lost."""
    faults = Faults(safe_batch=16, errors_above=4)
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(photos(39), caption=True)
        assert sum(isinstance(verdict, Embedded) for verdict in verdicts.values()) == 39
        faults.requests.clear()
        await batching.embed(photos(8), caption=True)
    assert max(faults.requests) <= 5


async def test_a_caption_model_that_alone_is_unloaded_is_warmed_up() -> None:
    faults = Faults(captions_loaded=False)
    async with batching_over(faults) as batching:
        verdicts = await batching.embed(photos(4), caption=True)
    assert all(isinstance(verdict, Embedded) for verdict in verdicts.values())
    assert faults.warmups == 1


async def test_a_service_without_a_caption_model_is_not_waited_for() -> None:
    """Warming it up changes nothing; what it has is used."""
    reported = Capabilities(safe_batch=4, loaded=True, captions_loaded=False)
    client = FakeClient(reported)
    watch = Watch(client, ModelReport(Published()), "http://ml:8001", pause=Pauses())
    assert await watch.there() == reported
    assert client.warmed == 1
