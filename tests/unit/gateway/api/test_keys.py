"""Keys have names, scopes and collections; their file is read again; refusals are slowed down and kept."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr

from libs.common.errors import Code, SluiceError
from libs.common.http.middleware import RequestMiddleware
from libs.common.http.problems import problem
from services.gateway.api import access, keys, scopes
from services.gateway.api.audit import AuditLog, Entry, now
from services.gateway.api.caller import called_with, caller, check_collection, sees
from services.gateway.api.keys import Key, Keyring
from services.gateway.api.middleware import chain
from services.gateway.app import API, create_app
from services.gateway.settings import GatewaySettings

READER, MOVER, ADMIN = "r" * 20, "m" * 20, "a" * 20
FILE = f"""
[keys.viewer]
key = "{READER}"
collections = ["holiday"]

[keys.curator]
key = "{MOVER}"
scope = "move"

[keys.owner]
key = "{ADMIN}"
scope = "admin"
"""


def written(path: Path, text: str = FILE) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "keys.toml")


@pytest.fixture
def client(file: Path, tmp_path: Path) -> httpx.AsyncClient:
    settings = GatewaySettings(api_keys_file=file, data_dir=tmp_path, api_key=SecretStr("of the environment"))
    app = FastAPI()
    app.state.settings = settings
    app.add_middleware(RequestMiddleware, chain=chain)
    problem.install(app)

    @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def who(path: str) -> str:
        del path
        return caller().name

    transport = httpx.ASGITransport(app=app, client=("10.1.2.3", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8002")


def lines(data: Path) -> list[dict[str, Any]]:
    files = sorted((data / "audit").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        (READER, "GET", "/ingest/jobs", 200),
        (READER, "POST", "/search/image", 200),
        (READER, "POST", "/ingest", 403),
        (READER, "DELETE", "/collections/holiday", 403),
        (MOVER, "POST", "/ingest/upload", 200),
        (MOVER, "POST", "/curation/archive-selection", 200),
        (MOVER, "POST", "/duplicates/report/1/archive", 200),
        (MOVER, "DELETE", "/collections/holiday", 403),
        (MOVER, "POST", "/something/new", 403),
        (ADMIN, "DELETE", "/collections/holiday", 200),
        (ADMIN, "POST", "/something/new", 200),
        ("of the environment", "POST", "/collections/merge", 200),
        ("wrong", "GET", "/ingest/jobs", 401),
    ],
)
async def test_a_key_allows_what_its_scope_says(
    client: httpx.AsyncClient, key: str, method: str, path: str, status: int
) -> None:
    async with client:
        answer = await client.request(method, API + path, headers={"x-api-key": key})

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "forbidden_by_key"


async def test_the_caller_is_known_by_its_name(client: httpx.AsyncClient) -> None:
    async with client:
        assert (await client.get("/x", headers={"x-api-key": MOVER})).json() == "curator"
        assert (await client.get("/x", headers={"x-api-key": ADMIN})).json() == "owner"


def _routes() -> Iterator[APIRoute]:
    for included in create_app().routes:
        for route in getattr(getattr(included, "original_router", None), "routes", ()):
            if isinstance(route, APIRoute):
                yield route


def test_every_call_that_changes_something_has_a_scope_that_was_chosen() -> None:
    calls = [
        (method, route.path.replace("{", "").replace("}", ""))
        for route in _routes()
        for method in (route.methods or set()) - {"GET", "HEAD"}
    ]

    assert len(calls) > 15
    assert [call for call in calls if scopes.named_scope(*call) is None] == []


def test_a_change_of_the_file_needs_no_restart(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "LOOK_SECONDS", 0.0)
    ring = Keyring(None, file)
    assert ring.find(READER.encode()) is not None

    written(file, FILE.replace(READER, "n" * 20))
    os.utime(file, ns=(1, 1))

    assert ring.find(READER.encode()) is None
    found = ring.find(b"n" * 20)
    assert found is not None
    assert found.collections == frozenset(("holiday",))


def test_a_file_that_broke_leaves_the_keys_as_they_were(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "LOOK_SECONDS", 0.0)
    ring = Keyring(None, file)

    written(file, "[keys")
    assert ring.find(READER.encode()) is not None
    file.unlink()
    assert ring.find(READER.encode()) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[keys", "cannot be used"),
        ("", "keys"),
        ('[keys.a]\nkey = "short"', "shorter than 16 characters"),
        (f'[keys.a]\nkey = "{READER}"\nscope = "everything"', "everything"),
        (f'[keys.a]\nkey = "{READER}"\ncolections = ["x"]', "colections"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_at_the_start(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SluiceError, match=words) as refusal:
        Keyring(None, written(tmp_path / "keys.toml", text))
    assert refusal.value.code is Code.BAD_SETTING


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    file.chmod(0o644)

    with pytest.raises(SluiceError, match="chmod o-rwx"):
        Keyring(None, file)


def test_a_key_for_some_collections_sees_no_others() -> None:
    with called_with(Key("viewer", b"", "read", frozenset(("holiday",)))):
        assert [name for name in ("holiday", "work") if sees(name)] == ["holiday"]
        check_collection("holiday")
        with pytest.raises(SluiceError, match="viewer is not for collection work") as refusal:
            check_collection("work")
    assert refusal.value.code is Code.FORBIDDEN_BY_KEY
    assert sees("work")


async def test_refusals_and_destructive_calls_are_in_the_audit_log(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with client:
        await client.get(f"{API}/ingest/jobs", headers={"x-api-key": READER})
        await client.post(f"{API}/ingest", headers={"x-api-key": READER})
        deleted = await client.delete(f"{API}/collections/a", headers={"x-api-key": ADMIN})
        await client.get(f"{API}/ingest/jobs", headers={"x-api-key": "wrong"})

    written_down = [(line["who"], line["method"], line["path"], line["status"]) for line in lines(tmp_path)]
    assert written_down == [
        ("viewer", "POST", f"{API}/ingest", 403),
        ("owner", "DELETE", f"{API}/collections/a", 200),
        ("unknown", "GET", f"{API}/ingest/jobs", 401),
    ]
    assert lines(tmp_path)[1]["request_id"] == deleted.headers["x-request-id"]
    assert {line["client"] for line in lines(tmp_path)} == {"10.1.2.3"}
    (log,) = (tmp_path / "audit").iterdir()
    assert log.stat().st_mode & 0o777 == 0o600


async def test_the_audit_log_is_kept_by_time(tmp_path: Path) -> None:
    (tmp_path / "audit-2020-01-01.jsonl").write_text("{}\n")
    (tmp_path / "audit-9999-01-01.jsonl").write_text("{}\n")

    await AuditLog(tmp_path, days=365).write(Entry(now(), "a", "c", "DELETE", "/", 200, "id"))

    assert len(list(tmp_path.iterdir())) == 2
    assert not (tmp_path / "audit-2020-01-01.jsonl").exists()


async def test_an_address_that_tries_keys_is_slowed_down_and_others_are_not(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(access, "asyncio", type("Paused", (), {"sleep": staticmethod(pause)}))
    async with client:
        for number in range(12):
            await client.get("/x", headers={"x-api-key": f"wrong {number}"})
        began = time.monotonic()
        assert (await client.get("/x", headers={"x-api-key": ADMIN})).status_code == 200

    assert paused == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert time.monotonic() - began < 5
    assert "10.1.2.3 has sent a wrong key 5 times" in caplog.text
