import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, Field, SecretStr

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.http.limits.body import OTHER_BYTES, BodyLimit
from libs.common.http.middleware import RequestMiddleware
from libs.common.http.problems import problem
from libs.common.http.problems.problem import BadRequestError
from services.gateway.api.middleware import chain
from services.gateway.settings import GatewaySettings
from tests.support.waiting import LIMIT_S

FIELDS = {"type", "title", "status", "detail", "code", "errors", "retryable", "request_id"}
FRONTEND = "http://localhost:3000"


def _even(number: int) -> int:
    if number % 2:
        raise ValueError("use an even number")
    return number


class Body(BaseModel):
    number: int = Field(ge=1)
    query: Annotated[int, AfterValidator(_even)] = 0


def app_of(settings: GatewaySettings) -> FastAPI:
    app = FastAPI()
    app.state.settings = settings
    app.add_middleware(RequestMiddleware, chain=chain)

    @app.get("/health")
    @app.get("/metrics")
    @app.get("/open")
    async def fine() -> str:
        return "fine"

    @app.post("/number")
    async def number(body: Body) -> int:
        return body.number

    @app.get("/raise/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "missing": SluiceError(Code.JOB_NOT_FOUND, "there is no such job"),
            "away": UnavailableError(Code.STORE_UNAVAILABLE, "the store is away"),
            "bad": BadRequestError(Code.COLLECTION_NOT_FOUND, "there is no such collection"),
            "bug": RuntimeError("a secret of the inside"),
        }[kind]

    problem.install(app)
    return app


def client_of(**values: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app_of(GatewaySettings(**values)))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8002")


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals go into the audit log, below the folder of the process where DATA_DIR says nothing else."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of() as client:
        yield client


def problem_of(response: httpx.Response) -> tuple[int, str]:
    """Status and code of what must be a whole problem."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) == FIELDS
    assert isinstance(body["detail"], str)
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["x-request-id"]
    return response.status_code, body["code"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/raise/missing", 404, "job_not_found"),
        ("/raise/bad", 400, "collection_not_found"),
        ("/raise/away", 503, "store_unavailable"),
        ("/raise/bug", 500, "internal"),
        ("/nothing/here", 404, "not_found"),
        ("/number", 405, "method_not_allowed"),
    ],
)
async def test_every_error_is_a_problem(client: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    assert problem_of(await client.get(path)) == (status, code)


async def test_a_bug_tells_nothing_of_the_inside(client: httpx.AsyncClient) -> None:
    assert "secret" not in (await client.get("/raise/bug")).text


async def test_what_will_pass_by_itself_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/raise/away")

    assert response.json()["retryable"] is True
    assert "retry-after" in response.headers


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        (b'{"number": 1, "query": 1}', "query", "use an even number"),
        (b"{", "body", "JSON decode error"),
        (b"[]", "body", "Input should be"),
    ],
)
async def test_the_field_that_is_wrong_is_named_as_it_was_sent(
    client: httpx.AsyncClient, content: bytes, field: str, message: str
) -> None:
    response = await client.post("/number", content=content, headers={"content-type": "application/json"})

    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


@pytest.mark.parametrize("content", [b'{"number": 0}', b"{}", b"{", b"", b"[]"])
async def test_a_wrong_field_is_one_sentence_and_a_list_beside_it(
    client: httpx.AsyncClient, content: bytes
) -> None:
    response = await client.post("/number", content=content, headers={"content-type": "application/json"})

    assert problem_of(response) == (422, "invalid_request")
    assert all(set(error) == {"field", "message"} for error in response.json()["errors"])
    assert response.json()["errors"]


async def test_the_key_is_asked_for_but_not_of_probes() -> None:
    async with client_of(api_key=SecretStr("s3cret")) as client:
        refused = await client.get("/open", headers={"origin": FRONTEND})
        assert problem_of(refused) == (401, "unauthorized")
        assert refused.headers["access-control-allow-origin"] == FRONTEND
        assert problem_of(await client.get("/open", headers={"x-api-key": "wrong"}))[0] == 401
        assert (await client.get("/open", headers={"x-api-key": "s3cret"})).status_code == 200
        assert (await client.get("/health")).status_code == 200


async def test_metrics_take_the_key_as_prometheus_sends_it() -> None:
    async with client_of(api_key=SecretStr("s3cret")) as client:

        async def requested(path: str, authorization: str) -> int:
            return (await client.get(path, headers={"authorization": authorization})).status_code

        assert await requested("/metrics", "Bearer s3cret") == 200
        assert await requested("/metrics", "bearer s3cret") == 200
        assert await requested("/metrics", "Bearer wrong") == 401
        assert await requested("/metrics", "Basic s3cret") == 401
        assert await requested("/open", "Bearer s3cret") == 401


async def test_a_key_may_have_any_characters() -> None:
    async with client_of(api_key=SecretStr("schlüssel")) as client:
        answer = await client.get("/open", headers={b"x-api-key": "schlüssel".encode()})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "content", ["[" * 200_000, '{"number": ' + "9" * 100_000 + "}", '{"number": "\\ud800"}']
)
async def test_bodies_that_no_parser_likes_are_problems(client: httpx.AsyncClient, content: str) -> None:
    response = await client.post("/number", content=content, headers={"content-type": "application/json"})

    assert response.status_code in (400, 422)
    assert isinstance(response.json()["detail"], str)


async def test_half_a_character_in_an_error_can_be_sent() -> None:
    body = bytes(problem.problem(Code.INVALID_REQUEST, "no \ud800").body)

    assert json.loads(body)["detail"] == "no ?"


@pytest.mark.parametrize("origin", [FRONTEND, "http://127.0.0.1:3000"])
async def test_the_frontend_may_call_and_read(client: httpx.AsyncClient, origin: str) -> None:
    preflight = await client.options(
        "/number", headers={"origin": origin, "access-control-request-method": "POST"}
    )
    error = await client.get("/raise/bug", headers={"origin": origin})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == origin
    assert error.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3001"])
async def test_pages_of_others_are_refused(client: httpx.AsyncClient, origin: str) -> None:
    response = await client.post("/number", json={"number": 1}, headers={"origin": origin})

    assert problem_of(response) == (403, "forbidden_origin")


async def test_the_service_s_own_pages_may_call(client: httpx.AsyncClient) -> None:
    response = await client.get("/open", headers={"origin": "http://localhost:8002"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8002", 200),
        ("127.0.0.1:8002", 200),
        ("[::1]:8002", 200),
        ("LOCALHOST", 200),
        ("rebound.example", 403),
        ("", 403),
        ("[127.0.0.1]evil.com", 403),
        ("[127.0.0.1]", 403),
        ("[::1]evil.com", 403),
        ("[::1]:80:90", 403),
        ("localhost:80@evil.com", 403),
        ("localhost@evil.com", 403),
        ("localhost:80/evil.com", 403),
        ("localhost evil.com", 403),
        ("localhost:", 403),
        ("localhost.evil.com", 403),
        ("localhost,evil.com", 403),
    ],
)
async def test_on_loopback_only_our_own_names_are_answered(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    assert (await client.get("/open", headers={"host": host})).status_code == status


async def test_elsewhere_any_name_is_answered_unless_names_are_set() -> None:
    async with client_of(host="0.0.0.0") as client:
        assert (await client.get("/open", headers={"host": "photos.example"})).status_code == 200
    async with client_of(host="0.0.0.0", allowed_hosts="photos.example") as client:
        assert (await client.get("/open", headers={"host": "photos.example:80"})).status_code == 200
        assert problem_of(await client.get("/open")) == (403, "forbidden_host")


@pytest.mark.parametrize("host", ["[127.0.0.1]evil.com", "localhost:80@evil.com", "a b", "[::1"])
async def test_where_any_name_is_answered_it_has_to_be_one(host: str) -> None:
    async with client_of(host="0.0.0.0") as client:
        assert problem_of(await client.get("/open", headers={"host": host})) == (403, "forbidden_host")


IMAGE_TAG = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (IMAGE_TAG, 403),
        (IMAGE_TAG | {"referer": "http://evil.example/"}, 403),
        (IMAGE_TAG | {"referer": f"{FRONTEND}.evil.example/"}, 403),
        (IMAGE_TAG | {"referer": f"{FRONTEND}/photos"}, 200),
        (IMAGE_TAG | {"sec-fetch-site": "same-site"}, 200),
        (IMAGE_TAG | {"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({}, 200),
    ],
)
async def test_pages_of_other_sites_may_not_show_images(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await client.get("/open", headers=headers)).status_code == status


@pytest.mark.parametrize("path", ["/open", "/raise/missing", "/raise/bug", "/nowhere"])
async def test_every_answer_tells_browsers_what_not_to_do_with_it(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-site"
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")


async def test_the_frontend_of_another_site_may_embed_what_it_may_call() -> None:
    async with client_of(cors_origins="https://photos.example") as client:
        tag = IMAGE_TAG | {"referer": "https://photos.example/"}
        answer = await client.get("/open", headers=tag)

    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_a_request_with_two_lengths_is_refused_and_its_connection_closed(
    client: httpx.AsyncClient,
) -> None:
    two = {"content-length": "13", "transfer-encoding": "chunked", "content-type": "application/json"}
    answer = await client.post("/number", content=b'{"number": 1}', headers=two)

    assert problem_of(answer) == (400, "invalid_request")
    assert answer.headers["connection"] == "close"


async def test_a_body_that_trickles_in_is_a_408(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BodyLimit.__init__, "__defaults__", (0.2,))

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    async with asyncio.timeout(LIMIT_S):
        response = await client.post(
            "/number", content=trickle(), headers={"content-type": "application/json"}
        )

    assert problem_of(response) == (408, "invalid_request")
    assert response.headers["connection"] == "close"


async def test_a_large_body_may_take_longer_than_the_grace(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BodyLimit.__init__, "__defaults__", (0.1,))

    async def steady() -> AsyncIterator[bytes]:
        yield b'{"number": 1'
        for _ in range(20):
            yield b" " * 1000
            await asyncio.sleep(0.02)
        yield b"}"

    response = await client.post("/number", content=steady(), headers={"content-type": "application/json"})

    assert response.status_code == 200


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_a_413(client: httpx.AsyncClient, declared: bool) -> None:
    body = b'{"number": 1' + b" " * OTHER_BYTES + b"}"

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]
            await asyncio.sleep(0)

    response = await client.post(
        "/number", content=body if declared else chunks(), headers={"content-type": "application/json"}
    )

    assert problem_of(response) == (413, "too_large")


async def test_an_id_that_the_caller_gave_is_kept_if_it_is_a_uuid(client: httpx.AsyncClient) -> None:
    given = "7f8a9e0c4f6b4f0f9e0c4f6b4f0f9e0c"
    kept = await client.get("/raise/missing", headers={"x-request-id": given})
    other = await client.get("/raise/missing", headers={"x-request-id": "one line\tor two"})

    assert kept.json()["request_id"] == kept.headers["x-request-id"] == given
    assert other.json()["request_id"] == other.headers["x-request-id"] != "one line\tor two"
