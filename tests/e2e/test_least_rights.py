"""Every stage with the rights that docs/topics.md lists, on a broker that denies all else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.errors import Code, SluiceError
from libs.common.events import ScanRequest, encode
from libs.common.kafka.connection import Connection
from libs.common.kafka.runner.trim import trim_or_say
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.kafka.topics.rights import Right, principals, requester, rights
from libs.common.store.edge import EdgeStore
from libs.common.topics import ALL, INGEST, JOB_STATUS, PATHS
from services.packages import build
from tests.support import photos
from tests.support.forbidding import ForbiddingBroker, forbidding_broker, grant
from tests.support.kafka import connect, records_of
from tests.support.serving import running
from tests.support.system import finished, free_port, new_collection, submit
from tests.support.waiting import until

pytestmark = pytest.mark.slow

REQUESTS = "requests"


def user_of(stage: str) -> str:
    return f"sluice_{stage}"


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ForbiddingBroker]:
    users = (REQUESTS, *map(user_of, principals()))
    async with forbidding_broker(tmp_path_factory.mktemp("closed"), users, closed=True) as running_one:
        yield running_one


@asynccontextmanager
async def all_stages(
    broker: ForbiddingBroker, prefix: str, home: Path, store: EdgeStore
) -> AsyncIterator[httpx.AsyncClient]:
    """Each stage as a principal of its own; a client of the gateway."""
    url, ml = f"http://127.0.0.1:{free_port()}", free_port()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(build("ml", {"port": ml, "ml_model": "lite"}, None)))
        for stage in principals():
            by_password = broker.environment(prefix, user_of(stage))
            given = {name.lower(): value for name, value in by_password.items()} | {
                "data_dir": home / stage,
                "upload_dir": home / "uploads",
                "scan_roots": str(home),
                "port": int(url.rpartition(":")[2]),
                "ml_inference_service_url": f"http://127.0.0.1:{ml}",
                "decode_workers": 1,
            }
            await stack.enter_async_context(running(build(stage, given, store)))
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))


async def test_all_that_the_stages_do_goes_with_the_rights_that_are_listed(
    broker: ForbiddingBroker, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain = await connect(broker.plain, prefix)
    for stage in principals():
        await grant(plain, user_of(stage), rights(stage))
    await grant(plain, REQUESTS, [*requester(REQUESTS), Right(REQUESTS, "group", REQUESTS, ("Read",))])
    folder, store = tmp_path / "photos", EdgeStore(tmp_path / "store")
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photos.jpeg(96, 64))
    (folder / "b.png").write_bytes(photos.png(64, 48))
    (folder / "bad.jpg").write_bytes(photos.jpeg()[:200])
    await store.open()
    async with all_stages(broker, prefix, tmp_path, store) as client:
        await new_collection(client, "holiday")
        job = await submit(client, folder)
        assert (await finished(client, job))["counts"]["stored"] == 2
        await _retried(client, job)
        await _synced(client, folder)
        await _followed(client, folder)
        await _compared(client)
        await _requested(broker.by_password(plain, REQUESTS), folder, client)
        services = (await client.get("/api/v1/services")).json()
        assert {each["stage"] for each in services if each["lag"] is not None} >= {"scanner", "upserter"}
        for stage in principals():
            by_user = broker.by_password(plain, user_of(stage))
            for topic in ALL:
                if any("Delete" in each.operations for each in rights(stage) if each.name == topic.name):
                    await trim_or_say(by_user, stage, topic)
    await store.close()
    refused = [each.getMessage() for each in caplog.records if "orbid" in each.getMessage()]
    assert refused == []


async def _retried(client: httpx.AsyncClient, job: str) -> None:
    again = await client.post(f"/api/v1/ingest/jobs/{job}/retry")
    assert (await finished(client, again.json()["job_id"]))["counts"]["failed"] == 1


async def _synced(client: httpx.AsyncClient, folder: Path) -> None:
    """The sync of a folder from which a photo is gone, which removes its point and can put it back."""
    (folder / "b.png").unlink()
    job = await submit(client, folder, sync=True)
    assert (await finished(client, job))["sync"]["removed"] + (await finished(client, job))["sync"][
        "pending"
    ] == 1
    undone = await client.post(f"/api/v1/ingest/jobs/{job}/prune/undo")
    assert undone.status_code in (200, 409), undone.text


async def _followed(client: httpx.AsyncClient, folder: Path) -> None:
    """A library is made, scanned by a job of its own, and deleted."""
    body = {"name": "mine", "uri": str(folder), "collection": "holiday", "watch": True}
    made = await client.post("/api/v1/libraries", json=body)
    assert made.status_code == 201, made.text
    library = made.json()["library_id"]

    async def scanned() -> bool:
        jobs = (await client.get("/api/v1/ingest/jobs")).json()["items"]
        return any(each["library_id"] == library and each["status"] == "completed" for each in jobs)

    await until(scanned)
    assert (await client.delete(f"/api/v1/libraries/{library}")).is_success


async def _compared(client: httpx.AsyncClient) -> None:
    task = (await client.post("/api/v1/duplicates/find-similar", json={})).json()["task_id"]

    async def completed() -> bool:
        return bool((await client.get(f"/api/v1/tasks/{task}")).json()["status"] == "completed")

    await until(completed)
    decided = await client.post(
        "/api/v1/duplicates/decisions", json={"hashes": ["ab" * 32], "decision": "keep_all"}
    )
    assert decided.is_success, decided.text


async def _requested(requests: Connection, folder: Path, client: httpx.AsyncClient) -> None:
    """Another system publishes a request, and follows it in a group of its own."""
    job = uuid4()
    body = encode(ScanRequest(job_id=job, directory_path=str(folder), collection="holiday"))
    async with requests.producer() as producer, requests.consumer(JOB_STATUS) as follower:
        await producer.send_and_wait(requests.names.of(INGEST), body, key=str(job).encode())
        await finished(client, str(job))
        async with asyncio.timeout(60):
            assert await follower.getone()
    with pytest.raises(SluiceError, match="Kafka forbids it"):
        await ensure_topics(requests)


async def test_a_right_to_delete_that_is_missing_is_a_warning_that_names_it(
    broker: ForbiddingBroker, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    plain, user = await connect(broker.plain, prefix), user_of("processor")
    granted = [replace(each, operations=_without(each, "Delete")) for each in rights("processor")]
    await grant(plain, user, [each for each in granted if each.operations])
    async with plain.producer() as producer, plain.consumer(PATHS, group="processor") as consumer:
        await producer.send_and_wait(plain.names.of(PATHS), b"x")
        await consumer.getone()
        await consumer.commit()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await trim_or_say(broker.by_password(plain, user), "processor", PATHS)
    (warning,) = (each.getMessage() for each in caplog.records if "Delete" in each.getMessage())
    assert warning.startswith(f"Kafka forbids Delete on the topic {plain.names.of(PATHS)}: ")
    assert await records_of(plain, PATHS)


async def test_what_may_not_be_looked_at_is_said_and_what_is_missing_is_listed(
    broker: ForbiddingBroker, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    plain, user = await connect(broker.plain, prefix), user_of("gateway")
    mine = broker.by_password(plain, user)
    await grant(
        plain,
        user,
        [replace(each, operations=_without(each, "DescribeConfigs")) for each in rights("gateway")],
    )
    await ensure_topics(mine)
    assert f"Kafka forbids DescribeConfigs on the topic {plain.names.of(PATHS)}" in caplog.text
    async with plain.admin() as admin:
        await admin.delete_topics([plain.names.of(topic) for topic in (PATHS, INGEST)])

    async def refused() -> bool:
        try:
            await ensure_topics(mine)
        except SluiceError as error:
            return error.code is Code.BAD_SETTING and all(
                plain.names.of(topic) in error.detail for topic in (PATHS, INGEST)
            )
        return False

    await until(refused)


def _without(right: Right, operation: str) -> tuple[Any, ...]:
    return tuple(each for each in right.operations if each != operation)
