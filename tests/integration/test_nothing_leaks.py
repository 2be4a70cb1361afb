"""A stranger reads no secret, and none of our own paths, whatever goes wrong; nor does a log."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from libs.common.store.edge import EdgeStore
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

SECRET = "recorded-s3cret-9f1c"
JSON = {"content-type": "application/json"}
AWAY = f"http://user:{SECRET}@127.0.0.1:1"
SECRETS = {
    "API_KEY": SECRET,
    "ML_API_KEY": SECRET,
    "QDRANT_API_KEY": SECRET,
    "KAFKA_SASL_USERNAME": "sluice",
    "KAFKA_SASL_PASSWORD": SECRET,
    "KAFKA_SASL_MECHANISM": "PLAIN",
}


@pytest.fixture
async def gateway(
    kafka: Broker, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[httpx.AsyncClient]:
    caplog.set_level("DEBUG")
    store = EdgeStore(tmp_path / "store")
    await store.open()
    given = {
        "api_key": SECRET,
        "ml_api_key": SECRET,
        "ml_inference_service_url": f"http://user:{SECRET}@127.0.0.1:{free_port()}",
    }
    settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "data", **given)
    async with running_gateway(settings, store) as client:
        yield client
    await store.close()


def mistakes() -> list[tuple[str, str, dict[str, object]]]:
    """Requests that each go wrong in another way: method, path, what is sent."""
    picture = {"file": ("a.jpg", b"no picture", "image/jpeg")}
    unknown = str(uuid4())
    return [
        ("GET", "/nowhere", {}),
        ("DELETE", "/collections", {}),
        ("GET", f"/ingest/status/{unknown}", {}),
        ("GET", "/ingest/status/%00", {}),
        ("POST", "/collections", {"json": {"collection_name": "../../etc"}}),
        ("POST", "/collections", {"content": b"{", "headers": JSON}),
        (
            "POST",
            "/collections",
            {"content": b"[" * 100_000, "headers": JSON},
        ),
        ("POST", "/collections/select", {"json": {"collection_name": "nowhere"}}),
        ("POST", "/ingest/", {"json": {"directory_path": "/proc/1/root"}}),
        ("POST", "/ingest/", {"json": {"directory_path": "/does/not/exist"}}),
        ("POST", "/ingest/upload", {"content": b"--x", "headers": {"content-type": "multipart/form-data"}}),
        ("POST", "/search/image", {"files": picture}),
        ("POST", "/search/text", {"json": {"query": "a" * 100_000}}),
        ("GET", f"/images/{unknown}/info", {}),
        ("GET", "/images/..%2f..%2fetc%2fpasswd", {}),
        ("POST", "/collections/merge", {"json": {"source_collections": [], "dest_collection": "x"}}),
    ]


@pytest.mark.parametrize("key", [None, "wrong", SECRET])
async def test_an_error_tells_neither_secrets_nor_our_own_paths(
    gateway: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str | None
) -> None:
    answers = [await gateway.get("/readyz"), await gateway.get("/health")]
    for method, path, sent in mistakes():
        headers = dict(sent.pop("headers", {})) | ({"x-api-key": key} if key else {})  # type: ignore[call-overload]
        answers.append(await gateway.request(method, f"/api/v1{path}", headers=headers, **sent))  # type: ignore[arg-type]
    for answer in answers:
        reported = answer.text + str(answer.headers)
        assert SECRET not in reported, answer.request.url
        assert str(tmp_path) not in reported, answer.request.url
        assert "Traceback" not in reported
        assert answer.status_code != 500
    if key != SECRET:
        assert {answer.status_code for answer in answers[2:]} == {401}
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("stage", "environment"),
    [
        ("gateway", {"PORT": "none"}),
        pytest.param("upserter", {"KAFKA_SECURITY_PROTOCOL": "rubbish"}, marks=pytest.mark.slow),
        pytest.param("inferencer", {"ML_CONCURRENCY": "-1"}, marks=pytest.mark.slow),
        pytest.param("ml", {"PORT": "70000"}, marks=pytest.mark.slow),
        (
            "inferencer",
            {"ML_INFERENCE_SERVICE_URL": AWAY, "LOG_LEVEL": "DEBUG"},
        ),
        pytest.param(
            "upserter",
            {"QDRANT_HOST": "127.0.0.1", "QDRANT_PORT": "1", "LOG_LEVEL": "DEBUG"},
            marks=pytest.mark.slow,
        ),
    ],
)
async def test_what_a_process_says_holds_no_secret(
    kafka: Broker, prefix: str, tmp_path: Path, stage: str, environment: dict[str, str]
) -> None:
    """It is refused its settings, or waits for what is away; then it is told to stop."""
    ours = SECRETS | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "TOPIC_PREFIX": prefix}
    port = free_port()
    ours |= {"DATA_DIR": str(tmp_path), "TOPIC_PARTITIONS": "4", "HEALTH_PORT": str(port)} | environment
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{stage}"), env=os.environ | ours,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    reasons = "" if "LOG_LEVEL" not in environment else await until_it_waits(port)
    if process.returncode is None and reasons:
        process.terminate()
    out, err = await asyncio.wait_for(process.communicate(), 40)
    message = (out + err).decode()
    assert message or reasons
    assert SECRET not in message + reasons


async def until_it_waits(port: int) -> str:
    """Why it waits for something that is away, as its probe tells anybody who asks."""
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient() as client:
        while True:
            try:
                reported = (await client.get(f"http://127.0.0.1:{port}/readyz")).text
            except httpx.TransportError:
                reported = ""
            if "127.0.0.1:1" in reported or "store" in reported or "Qdrant" in reported:
                return reported
            await asyncio.sleep(0.1)
