"""The wire format that clients of the ML service rely on, against the real app."""

import asyncio
import base64
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from libs.common.errors import FileError
from services.ml.engine.backend import Described
from services.ml.lite.lite import LiteBackend
from tests.unit.ml.photos import jpeg, photo
from tests.unit.ml.serving import client_of

GOOD = jpeg(photo("coffee"))
OTHER = jpeg(photo("chelsea"))
DARK = jpeg(photo("hubble_deep_field"))
JSON = "/api/v1/batch_embed_and_caption"
MULTIPART = "/api/v1/batch_embed_and_caption_multipart"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of() as client:
        yield client


def image(unique_id: str, data: bytes) -> dict[str, str]:
    return {
        "unique_id": unique_id,
        "image_base64": base64.b64encode(data).decode(),
        "filename": f"{unique_id}.jpg",
    }


def files(*images: tuple[str, bytes], field: str = "files") -> list[tuple[str, tuple[str, bytes]]]:
    return [(field, (name, data)) for name, data in images]


async def results_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_capabilities_have_the_old_fields_and_say_what_the_service_is(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/api/v1/capabilities")).json() == {
        "safe_clip_batch": 32,
        "safe_blip_batch": 32,
        "clip_model_loaded": True,
        "blip_model_loaded": True,
        "device_type": "cpu",
        "cuda_available": False,
        "precision": None,
        "model_name_clip": "lite-512-v1",
        "model_name_blip": "lite-caption-v1",
        "embedding_dimension": 512,
        "has_text_model": False,
        "input_side": 224,
        "duplicate_likeness": 0.98,
        "related_likeness": 0.9,
        "words_likeness": None,
    }


async def test_a_json_batch_gives_one_result_an_image_in_order(client: httpx.AsyncClient) -> None:
    answer = await client.post(JSON, json={"images": [image("b", GOOD), image("a", OTHER)]})
    first, second = await results_of(answer)
    assert (first["unique_id"], first["filename"]) == ("b", "b.jpg")
    assert second["unique_id"] == "a"
    assert first["embedding_shape"] == [512]
    assert math.sqrt(sum(value**2 for value in first["embedding"])) == pytest.approx(1, abs=1e-5)
    assert first["caption"].startswith("landscape photo")
    assert (first["error"], first["model_name_clip"], first["device_used"]) == (None, "lite-512-v1", "cpu")


async def test_multipart_gives_the_same_as_json(client: httpx.AsyncClient) -> None:
    by_json = await results_of(await client.post(JSON, json={"images": [image("a", GOOD)]}))
    by_files = await results_of(await client.post(MULTIPART, files=files(("a__my__photo.jpg.png", GOOD))))
    assert by_files == [by_json[0] | {"filename": "my__photo.jpg"}]


async def test_the_field_may_be_called_files_with_brackets(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        MULTIPART, files=files(("a__x.png", GOOD), ("b__y.png", OTHER), field="files[]")
    )
    assert [result["unique_id"] for result in await results_of(answer)] == ["a", "b"]


@pytest.mark.parametrize(("wanted", "captioned"), [("true", True), ("false", False)])
async def test_captions_are_made_on_request(client: httpx.AsyncClient, wanted: str, captioned: bool) -> None:
    for path, body in (
        (JSON, {"json": {"images": [image("a", GOOD)]}}),
        (MULTIPART, {"files": files(("a__x.png", GOOD))}),
    ):
        (result,) = await results_of(await client.post(path, params={"caption": wanted}, **body))
        assert (result["caption"] is not None) == captioned


async def test_a_bad_image_has_its_own_error_and_fails_no_other(client: httpx.AsyncClient) -> None:
    damaged = image("c", GOOD) | {"image_base64": "%%%"}
    batch = [image("a", GOOD), image("b", b"no image"), damaged, image("d", GOOD)]
    a, b, c, d = await results_of(await client.post(JSON, json={"images": batch}))
    assert a["embedding"] == d["embedding"]
    assert (a["error"], b["embedding"], c["embedding"]) == (None, None, None)
    assert "not a readable image" in b["error"]
    assert "not base64" in c["error"]


async def test_more_than_the_safe_batch_is_still_served() -> None:
    async with client_of(ml_safe_batch=2) as client:
        batch = [image(str(n), GOOD) for n in range(7)]
        results = await results_of(await client.post(JSON, json={"images": batch}))
    assert [result["unique_id"] for result in results] == [str(n) for n in range(7)]


async def test_a_body_over_the_limit_is_refused_however_it_comes() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    async with client_of(ml_max_body_mb=1) as client:
        declared = await client.post(JSON, content=b"x" * 1_000_001)
        streamed = await client.post(JSON, content=chunks())
        form = await client.post(MULTIPART, files=files(("a__x.png", b"x" * 1_100_000)))
        fitting = await client.post(MULTIPART, files=files(("a__x.png", b"x" * 900_000)))
    assert [answer.status_code for answer in (declared, streamed, form)] == [413, 413, 413]
    assert declared.json()["code"] == "too_large"
    assert fitting.status_code == 200


async def test_a_text_gets_a_problem_from_a_backend_without_words(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/embed_text", json={"text": "a cup of coffee"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "no_text_model"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (JSON, {"content": b"{"}, 422),
        (JSON, {"json": {"images": [{"unique_id": "a"}]}}, 422),
        (JSON + "?caption=perhaps", {"json": {"images": []}}, 422),
        (MULTIPART, {"data": {"x": "y"}}, 422),
        ("/api/v1/embed_text", {"json": {"text": ""}}, 422),
        ("/api/v1/nothing", {}, 404),
        ("/api/v1/capabilities", {}, 405),
    ],
)
async def test_every_mistake_is_a_problem_with_one_sentence(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await client.post(path, **body)
    assert answer.status_code == status
    problem = answer.json()
    assert isinstance(problem["detail"], str)
    assert problem["code"]


async def test_cooldown_unloads_until_warmup(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {
        "status": "ok", "clip_model": "lite-512-v1", "blip_model": "lite-caption-v1",
    }  # fmt: skip
    assert "message" in (await client.post("/api/v1/cooldown")).json()
    assert (await client.get("/health")).status_code == 503
    assert (await client.get("/readyz")).status_code == 503
    assert (await client.get("/livez")).status_code == 200
    assert not (await client.get("/api/v1/capabilities")).json()["clip_model_loaded"]
    refused = await client.post(JSON, json={"images": [image("a", GOOD)]})
    assert (refused.status_code, refused.json()["code"]) == (503, "ml_unavailable")
    await client.post("/api/v1/warmup")
    assert (await client.get("/readyz")).status_code == 200
    assert (await client.post(JSON, json={"images": [image("a", GOOD)]})).status_code == 200


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("wrong", 401), ("sésame", 200)])
async def test_the_api_is_closed_without_the_key(key: str | None, status: int) -> None:
    headers = {} if key is None else {b"x-api-key": key.encode()}
    async with client_of(ml_api_key="sésame") as client:
        answers = [
            await client.get("/api/v1/capabilities", headers=headers),
            await client.post(JSON, headers=headers, json={"images": []}),
        ]
        assert (await client.get("/health")).status_code == 200
    assert [answer.status_code for answer in answers] == [status, status]


async def test_probes_and_metrics_are_open_and_tell_the_state() -> None:
    async with client_of(ml_api_key="secret") as client:
        assert (await client.get("/readyz")).json() == {"status": "ready", "reason": None}
        assert "process_cpu_seconds_total" in (await client.get("/metrics")).text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/embed_text"])
async def test_a_problem_names_its_request(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json={"text": "coffee"})
    assert answer.json()["request_id"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


class Exhausted(LiteBackend):
    """A device that is too small for one kind of image."""

    def compute(self, batch: Sequence[Described]) -> list[Described | FileError]:
        if any(each.caption and "dark" in each.caption for each in batch):
            raise MemoryError
        return super().compute(batch)


async def test_out_of_memory_is_said_so_that_clients_send_less() -> None:
    async with client_of(Exhausted(parallel=1)) as client:
        answer = await client.post(JSON, json={"images": [image("a", GOOD), image("b", DARK)]})
        fitting = await client.post(JSON, json={"images": [image(str(n), GOOD) for n in range(3)]})
    assert answer.status_code == 507
    assert "out of memory" in answer.json()["detail"]
    assert fitting.status_code == 200


class Lost(LiteBackend):
    """A device that is gone after a few images: nothing computes on it any more, the sample neither."""

    error: type[BaseException] | None = None

    def compute(self, batch: Sequence[Described]) -> list[Described | FileError]:
        if self.error is not None:
            raise self.error("the device is lost")
        return super().compute(batch)

    def sample(self) -> Any:
        return self.prepare(GOOD, caption=False)


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
async def test_the_probes_fail_from_the_moment_the_device_is_lost(error: type[BaseException]) -> None:
    backend = Lost(parallel=1)
    async with client_of(backend) as client:
        assert (await client.get("/readyz")).status_code == 200
        backend.error = error
        async with asyncio.timeout(10):
            refused = await client.post(JSON, json={"images": [image("a", GOOD)]})
        assert (refused.status_code, refused.json()["code"]) == (503, "ml_unavailable")
        for probe in ("/readyz", "/livez"):
            answer = await client.get(probe)
            assert answer.status_code == 503
            assert "model" in answer.json()["reason"]
