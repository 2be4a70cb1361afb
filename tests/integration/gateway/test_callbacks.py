"""Reporting the ends of jobs to a server, by two gateways of which one has each job."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka.structs import ConsumerRecord
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from libs.common.errors import Code, SluiceError
from libs.common.events import JobSnapshot, ScanRequest, decode
from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.store.protocol import Store
from libs.common.topics import INGEST, JOBS
from services.gateway.settings import GatewaySettings
from services.scanner.jobs.endings import refused
from tests.integration.gateway.test_jobs import API, accepted, finished, say, selected, status_of
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings, running_gateway
from tests.support.kafka import records_of
from tests.support.serving import served
from tests.support.waiting import until

pytestmark = pytest.mark.slow

SECRET = base64.b64encode(bytes(range(32))).decode()
PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As docs/webhooks.md has receivers check it."""
    page: dict[str, Any] = {}
    exec(PAGE.read_text().partition("```python webhook\n")[2].partition("```")[0], page)
    return bool(page["is_genuine"](secret, headers, body))


@dataclass
class Receiver:
    """A server that is told of jobs' ends. `answers` are the statuses of the next calls; then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.calls.append((request.url.path, dict(request.headers), await request.body()))
        status = self.answers.pop(0) if self.answers else 204
        if status == 302:
            return RedirectResponse("/elsewhere", 302)
        return Response(status_code=status)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    route = Route("/{path:path}", receiver.take, methods=["POST", "GET"])
    async with served(Starlette(routes=[route])) as receiver.url:
        yield receiver


@pytest.fixture
def receiver(server: Receiver) -> Receiver:
    server.calls.clear()
    server.answers.clear()
    return server


@pytest.fixture(scope="module")
def options(server: Receiver) -> dict[str, Any]:
    by_name = server.url.replace("127.0.0.1", "localhost")
    return {
        "callback_hosts": f"{server.url},{by_name}",
        "callback_secret": SECRET,
        "callback_tries": 3,
        "callback_pause_seconds": 0.05,
    }


async def end(publisher: Publisher, url: str, job_id: str | None = None) -> str:
    """What a scanner says of a job with that callback_url, from its beginning to its end."""
    job = job_id or str(uuid4())
    await say(publisher, structs.replace(accepted(job), callback_url=url), finished(job, total=2, stored=2))
    return job


async def callback_now(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    status: dict[str, Any] = await status_of(client, job)
    return dict(status["callback"])


async def callback_of(client: httpx.AsyncClient, job: str, state: str) -> dict[str, Any]:
    async def reached() -> bool:
        return bool((await callback_now(client, job))["state"] == state)

    await until(reached)
    return await callback_now(client, job)


async def test_one_gateway_reports_the_end_once_and_signed(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    jobs = [await end(publisher, f"{receiver.url}/hook?key=1") for _ in range(8)]
    for job in jobs:
        told = [await callback_of(each, job, "delivered") for each in (gateway, second)]
        assert told[0] == told[1]
        assert (told[0]["tries"], told[0]["url"], told[0]["error"]) == (1, f"{receiver.url}/hook", None)
    assert sorted(json.loads(body)["subject"] for _, _, body in receiver.calls) == sorted(jobs)
    for _, headers, body in receiver.calls:
        assert is_genuine(SECRET, headers, body)
        assert not is_genuine(SECRET, headers, body + b" ")
        event = json.loads(body)
        assert event["data"]["counts"]["stored"] == 2
        assert decode(json.dumps(event["data"]).encode(), JobSnapshot).job_id == event["subject"]


async def test_a_server_that_is_away_is_tried_again(
    gateway: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    receiver.answers[:] = [503, 302]
    job = await end(publisher, f"{receiver.url}/hook")
    told = await callback_of(gateway, job, "delivered")
    assert told["tries"] == 3
    assert len({headers["webhook-id"] for _, headers, _ in receiver.calls}) == 1
    assert [path for path, _, _ in receiver.calls] == ["/hook"] * 3, "a redirect is not followed"


async def test_it_is_given_up_after_some_tries(
    gateway: httpx.AsyncClient,
    publisher: Publisher,
    receiver: Receiver,
    settings: GatewaySettings,
) -> None:
    receiver.answers[:] = [500] * 9
    job = await end(publisher, f"{receiver.url}/hook")
    told = await callback_of(gateway, job, "failed")
    assert (told["tries"], told["error"]) == (3, f"{receiver.url} answers 500")
    assert len(receiver.calls) == 3
    status = await status_of(gateway, job)
    assert status["status"] == "completed", "the job itself is what it was"
    logs = [line["message"] for line in status["logs"]]  # type: ignore[attr-defined]
    assert f"Callback failed after 3 tries: {receiver.url} answers 500" in logs

    async def shown() -> bool:
        records = await records_of(_connection(settings), JOBS)
        snapshots = [decode(each.value, JobSnapshot) for each in records if each.key == job.encode()]
        return any(each.callback is not None and each.callback.state == "failed" for each in snapshots)

    await until(shown)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("http://127.0.0.1:9", "is not in CALLBACK_HOSTS"),
        ("localhost", "has a private address"),
        ("nonsense", "callback_url"),
    ],
)
async def test_what_may_not_be_called_is_not_called(
    gateway: httpx.AsyncClient, publisher: Publisher, receiver: Receiver, host: str, reason: str
) -> None:
    url = receiver.url.replace("127.0.0.1", host) if host == "localhost" else host
    job = await end(publisher, url)
    told = await callback_of(gateway, job, "failed")
    assert (told["tries"], receiver.calls) == (1, [])
    assert reason in told["error"]


async def test_a_gateway_that_starts_reports_what_ended_while_none_ran(
    kafka: Broker, store: Store, tmp_path: Path, receiver: Receiver, options: dict[str, Any]
) -> None:
    """As after a kill between a job's end and its report; and the tries made before count."""
    prefix = f"t{uuid4().hex[:10]}-"
    patient = options | {"callback_pause_seconds": 3600}
    settings = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "one", **patient)
    receiver.answers[:] = [500]
    async with running_gateway(settings, store) as client:
        async with Publisher.open(_connection(settings)) as publisher:
            job = await end(publisher, f"{receiver.url}/hook")

        async def tried() -> bool:
            return bool((await callback_now(client, job))["tries"] == 1)

        await until(tried)
    async with Publisher.open(_connection(settings)) as publisher:
        late = await end(publisher, f"{receiver.url}/late")
    successor = gateway_settings(kafka.bootstrap_servers, prefix, tmp_path / "two", **options)
    async with running_gateway(successor, store) as client:
        assert (await callback_of(client, job, "delivered"))["tries"] == 2
        assert (await callback_of(client, late, "delivered"))["tries"] == 1
    assert sorted(path for path, _, _ in receiver.calls) == ["/hook", "/hook", "/late"]


def _connection(settings: GatewaySettings) -> Connection:
    return Connection.of(settings, "test")


async def test_a_request_is_taken_with_its_url_or_refused(
    gateway: httpx.AsyncClient, receiver: Receiver, settings: GatewaySettings, tmp_path: Path
) -> None:
    await selected(gateway, "hooked")
    (tmp_path / "a.jpg").write_bytes(b"x")
    url = f"{receiver.url}/hook"
    taken = await gateway.post(f"{API}/ingest", json={"directory_path": str(tmp_path), "callback_url": url})
    files = {"files": ("a.jpg", b"x")}
    uploaded = await gateway.post(f"{API}/ingest/upload", params={"callback_url": url}, files=files)
    records = await records_of(_connection(settings), INGEST)
    requests = {str(each.job_id): each for each in (decode(r.value, ScanRequest) for r in records)}
    for answer in (taken, uploaded):
        assert requests[answer.json()["job_id"]].callback_url == url

    for wrong in ("https://elsewhere.example/", "nonsense"):
        body = {"directory_path": str(tmp_path), "callback_url": wrong}
        for answer in (
            await gateway.post(f"{API}/ingest", json=body),
            await gateway.post(f"{API}/ingest/upload", params={"callback_url": wrong}, files=files),
        ):
            assert answer.status_code == 422
            assert "callback_url" in answer.text


async def test_a_refused_request_is_reported_to_its_sender(
    gateway: httpx.AsyncClient, publisher: Publisher, receiver: Receiver
) -> None:
    body = json.dumps(
        {"job_id": (job := str(uuid4())), "callback_url": f"{receiver.url}/hook", "force": "yes"}
    )
    record = ConsumerRecord(INGEST.name, 0, 7, 0, 0, None, body.encode(), None, None, None, ())
    await say(publisher, refused(record, SluiceError(Code.UNDECODABLE_RECORD, "force: expected bool")))
    assert (await callback_of(gateway, job, "delivered"))["tries"] == 1
    ((_, headers, sent),) = receiver.calls
    assert is_genuine(SECRET, headers, sent)
    event = json.loads(sent)
    assert (event["type"], event["id"]) == ("sluice.job.rejected", f"{job}-rejected")
    assert (event["data"]["code"], event["data"]["error"]) == ("undecodable_record", "force: expected bool")
