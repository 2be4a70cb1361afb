"""Tasks as they are wired: two gateways and an upserter on a real broker, over the embedded store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from libs.common.control import FilledBy, ModelInUse
from libs.common.ids import file_id
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.store.protocol import Point, Store
from libs.common.store.vectors import Matrix
from services.gateway.settings import GatewaySettings
from services.upserter.app import build
from services.upserter.settings import UpserterSettings
from tests.support.broker import Broker
from tests.support.serving import running
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"
SIZE = 8


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    return {"qdrant_vector_size": SIZE}


Start = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def start_upserter(kafka: Broker, prefix: str, data: Path, store: Store) -> Start:
    """Starts the upserter, which then does what waits."""
    settings = UpserterSettings(
        kafka_bootstrap_servers=kafka.bootstrap_servers, topic_prefix=prefix, topic_partitions=4,
        instance="u0", data_dir=data / "u0",
    )  # fmt: skip
    return lambda: running(build(settings, store))


@pytest.fixture
async def upserter(gateway: httpx.AsyncClient, start_upserter: Start) -> AsyncIterator[None]:
    assert gateway
    async with start_upserter():
        yield


def point(collection: str, name: str, vector: Sequence[float] = (1.0,) * SIZE, **payload: Any) -> Point:
    path = f"/photos/{name}"
    defaults = {"filename": name, "full_path": path, "model": "m1", "stored_at": 1.0, "generation": "old"}
    return Point(file_id(collection, path.encode()), list(vector), defaults | payload)


async def new_collection(client: httpx.AsyncClient, *, size: int = SIZE) -> str:
    name = f"c{uuid4().hex[:8]}"
    made = await client.post(f"{API}/collections", json={"collection_name": name, "vector_size": size})
    assert made.status_code == 201
    return name


async def active_collection(client: httpx.AsyncClient) -> str:
    name = await new_collection(client)
    await client.post(f"{API}/collections/select", json={"collection_name": name})
    return name


async def done(client: httpx.AsyncClient, task_id: str) -> dict[str, Any]:
    """The task once it is over; its progress has not gone back on the way."""
    last = 0.0
    async with asyncio.timeout(LIMIT_S):
        while True:
            task: dict[str, Any] = (await client.get(f"{API}/tasks/{task_id}")).json()
            assert task["progress"] >= last
            last = task["progress"]
            if task["status"] in ("completed", "failed", "cancelled"):
                return task
            await asyncio.sleep(0.05)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    problem = answer.json()
    assert isinstance(problem["detail"], str)
    return answer.status_code, problem["code"]


def vectors_with_copies() -> Matrix:
    """Five directions, and noisy copies of three of them."""
    random = np.random.default_rng(7)
    base = random.normal(size=(5, SIZE))
    copies = base[[0, 0, 1, 2]] + 0.01 * random.normal(size=(4, SIZE))
    return np.concatenate([base, copies]).astype(np.float32)


@pytest.mark.usefixtures("upserter")
async def test_similar_pictures_are_found_and_any_replica_shows_them(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, store: Store
) -> None:
    name = await active_collection(gateway)
    points = [
        point(name, f"{n}.jpg", vector.tolist(), width=100 + n, height=100, thumbnail_base64="eA==")
        for n, vector in enumerate(vectors_with_copies())
    ]
    await store.upsert(name, points)

    taken = await gateway.post(f"{API}/duplicates/find-similar", json={"threshold": name})
    task_id = taken.json()["task_id"]
    assert (taken.status_code, taken.json()["progress"], taken.json()["results"]) == (202, 0.0, [])
    assert (await second.get(f"{API}/duplicates/report/{task_id}")).status_code == 200
    task = await done(second, task_id)
    reports = [(await each.get(f"{API}/duplicates/report/{task_id}")).json() for each in (gateway, second)]

    assert (task["status"], task["totals"]) == (
        "completed", {"points": 9, "groups": 3, "similar_points": 7}
    )  # fmt: skip
    assert reports[0] == reports[1]
    report = reports[0]
    assert (report["status"], report["progress"], report["next"]) == ("completed", 100.0, None)
    names = [[each["payload"]["filename"] for each in group["points"]] for group in report["results"]]
    assert len(names[0]) == 3
    assert names[0][0] == "6.jpg"
    assert {frozenset(group) for group in names} == {
        frozenset(("0.jpg", "5.jpg", "6.jpg")), frozenset(("1.jpg", "7.jpg")), frozenset(("2.jpg", "8.jpg"))
    }  # fmt: skip
    for group in report["results"]:
        assert group["keeper_id"] == group["points"][0]["id"]
        assert group["reason"] == "the largest picture"
        assert group["points"][0]["score"] == 1.0
        assert all(0.98 <= each["score"] <= 1.0 for each in group["points"])
        assert all(each["payload"]["thumbnail_base64"] == "eA==" for each in group["points"])
    assert (await second.get(f"{API}/duplicates/curation-status")).json()[name] == "completed"
    newest = (await second.get(f"{API}/tasks", params={"kind": "find_similar", "limit": 1})).json()
    assert [each["task_id"] for each in newest] == [task_id]


@pytest.mark.usefixtures("upserter")
async def test_without_a_threshold_that_of_the_model_counts(
    gateway: httpx.AsyncClient, store: Store, publisher: Publisher
) -> None:
    name = await active_collection(gateway)
    await store.upsert(
        name, [point(name, f"{n}.jpg", v.tolist()) for n, v in enumerate(vectors_with_copies())]
    )
    strict = ModelInUse(model="strict", dimension=SIZE, duplicate_likeness=1.0)
    found: dict[str, int] = {}
    for who, model in (("strict", strict), ("silent", ModelInUse(model="silent", dimension=SIZE))):
        await publisher.publish([fact(model)])
        taken = await gateway.post(f"{API}/duplicates/find-similar", json={})
        found[who] = (await done(gateway, taken.json()["task_id"]))["totals"]["groups"]
    assert found == {"strict": 0, "silent": 3}


@pytest.mark.usefixtures("upserter")
async def test_a_report_comes_in_pages_without_what_was_deleted_since(
    gateway: httpx.AsyncClient, store: Store
) -> None:
    name = await active_collection(gateway)
    points = [point(name, f"{n}.jpg", v.tolist()) for n, v in enumerate(vectors_with_copies())]
    await store.upsert(name, points)
    task_id = (await gateway.post(f"{API}/duplicates/find-similar", json={})).json()["task_id"]
    await done(gateway, task_id)
    # The largest group comes first; of the two pairs, that of the smallest id. One of the last pair goes.
    last = max(((1, 7), (2, 8)), key=lambda pair: min(points[n].id for n in pair))
    gone = points[last[0]].id
    await store.delete_points(name, [gone])

    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while not pages or cursor:
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await gateway.get(f"{API}/duplicates/report/{task_id}", params=params)).json()
        pages.append(page["results"])
        cursor = page["next"]

    assert [len(page) for page in pages] == [2, 0]
    shown = [member["id"] for page in pages for group in page for member in group["points"]]
    assert len(shown) == 5
    assert gone not in shown
    bad = await gateway.get(f"{API}/duplicates/report/{task_id}", params={"cursor": "x"})
    assert code_of(bad) == (422, "invalid_request")


async def test_a_task_that_waits_can_be_cancelled_and_an_unknown_one_is_a_404(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, start_upserter: Start
) -> None:
    name = await active_collection(gateway)
    task_id = (await gateway.post(f"{API}/duplicates/find-similar", json={})).json()["task_id"]

    waiting = (await second.get(f"{API}/tasks/{task_id}")).json()
    cancelling = (await second.post(f"{API}/tasks/{task_id}/cancel")).json()
    async with start_upserter():
        over = await done(gateway, task_id)

    assert (waiting["status"], waiting["kind"], waiting["collection"]) == ("pending", "find_similar", name)
    assert cancelling["status"] == "cancelling"
    assert (over["status"], over["code"]) == ("cancelled", "cancelled")
    assert (await second.get(f"{API}/duplicates/report/{task_id}")).json()["status"] == "failed"
    for answer in (
        await gateway.get(f"{API}/tasks/{uuid4()}"),
        await gateway.post(f"{API}/tasks/{uuid4()}/cancel"),
        await gateway.get(f"{API}/duplicates/report/{uuid4()}"),
    ):
        assert code_of(answer) == (404, "task_not_found")


async def test_a_merge_adds_and_the_destination_keeps_what_it_has(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, store: Store, settings: GatewaySettings,
    start_upserter: Start,
) -> None:  # fmt: skip
    first, other, destination = [await new_collection(gateway) for _ in range(3)]
    await store.upsert(first, [point(first, f"{n}.jpg") for n in range(300)])
    await store.upsert(other, [point(other, "300.jpg"), point(other, "mine.jpg", caption="older")])
    await store.upsert(destination, [point(destination, "mine.jpg", caption="newer", stored_at=2.0)])

    body = {"dest_collection": destination, "source_collections": [first, other]}
    taken = await gateway.post(f"{API}/collections/merge", json=body)
    busy = await second.delete(f"{API}/collections/{destination}")
    async with start_upserter():
        task = await done(second, taken.json()["task_id"])

    assert taken.status_code == 202
    assert code_of(busy) == (409, "collection_busy")
    assert (task["status"], task["totals"]) == ("completed", {"copied": 301, "kept": 1, "rejected": 0})
    async with ControlTable.open(Connection.of(settings, "test")) as control:
        state, filled = control.collection(destination), control.filled(destination)
    page, _ = await store.scroll(destination, limit=1000)
    assert {each.id for each in page} == {
        file_id(destination, f"/photos/{name}.jpg".encode()) for name in [*range(301), "mine"]
    }
    captions = {each.payload["filename"]: each.payload.get("caption") for each in page}
    assert captions["mine.jpg"] == "newer"
    assert state is not None
    assert {e.payload["generation"] for e in page if e.payload["filename"] != "mine.jpg"} == {
        state.generation
    }
    assert filled is not None
    assert filled.model == "m1"
    assert await store.count(first) == 300
    assert (await gateway.delete(f"{API}/collections/{destination}")).status_code == 200


async def test_collections_of_other_models_or_sizes_are_not_merged(
    gateway: httpx.AsyncClient, store: Store
) -> None:
    destination, source, wide = (
        await new_collection(gateway), await new_collection(gateway), await new_collection(gateway, size=4)
    )  # fmt: skip
    await store.upsert(destination, [point(destination, "a.jpg", model="m1")])
    await store.upsert(source, [point(source, "b.jpg", model="m2")])

    async def refused(*sources: str) -> tuple[int, str]:
        body = {"dest_collection": destination, "source_collections": list(sources)}
        return code_of(await gateway.post(f"{API}/collections/merge", json=body))

    assert await refused(source) == (400, "model_mismatch")
    assert await refused(wide) == (400, "vector_size_mismatch")
    assert await refused(destination) == (400, "invalid_request")
    assert await refused("no-such-one") == (400, "collection_not_found")
    assert await refused() == (422, "invalid_request")


async def test_a_selection_becomes_a_collection_of_the_same_model(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, store: Store, settings: GatewaySettings
) -> None:
    source, name = await new_collection(gateway), f"s{uuid4().hex[:8]}"
    points = [point(source, f"{n}.jpg", caption=f"no. {n}") for n in range(5)]
    await store.upsert(source, points)
    async with (
        Publisher.open(Connection.of(settings, "test")) as publisher,
        ControlTable.open(Connection.of(settings, "test")) as control,
    ):
        state = control.collection(source)
        assert state is not None
        await publisher.publish([fact(FilledBy(name=source, generation=state.generation, model="m1"))])
    missing = str(uuid4())
    body = {
        "new_collection_name": name, "source_collection": source,
        "point_ids": [points[1].id, points[3].id, points[1].id, missing],
    }  # fmt: skip

    made = await gateway.post(f"{API}/collections/from_selection", json=body)
    again = await gateway.post(f"{API}/collections/from_selection", json=body)
    nowhere = await gateway.post(
        f"{API}/collections/from_selection",
        json=body | {"new_collection_name": f"{name}-2", "source_collection": "none"},
    )

    assert made.status_code == 201
    assert made.json() == {"collection": name, "copied": 2, "missing": [missing]}
    info = (await second.get(f"{API}/collections/{name}/info")).json()
    assert (info["points_count"], info["model"]) == (2, "m1")
    page, _ = await store.scroll(name, limit=10)
    assert {(each.id, each.payload["caption"]) for each in page} == {
        (file_id(name, f"/photos/{n}.jpg".encode()), f"no. {n}") for n in (1, 3)
    }
    assert code_of(again) == (409, "collection_exists")
    assert code_of(nowhere) == (400, "collection_not_found")


async def test_files_of_the_same_content_are_listed_page_by_page(
    gateway: httpx.AsyncClient, store: Store
) -> None:
    name = await active_collection(gateway)
    contents = {"a": ["1", "2", "3"], "b": ["4"], "c": ["5", "6"], "d": ["7", "8"]}
    await store.upsert(
        name,
        [
            point(name, f"{file}.jpg", file_hash=content, taken_at=f"201{file}")
            for content, files in contents.items()
            for file in files
        ],
    )

    groups: list[dict[str, Any]] = []
    cursor = None
    while not groups or cursor:
        params: dict[str, Any] = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await gateway.get(f"{API}/duplicates/exact", params=params)).json()
        assert len(page["groups"]) <= 1
        groups += page["groups"]
        cursor = page["next"]

    found = {group["hash"]: {file["filename"] for file in group["files"]} for group in groups}
    assert found == {h: {f"{n}.jpg" for n in names} for h, names in contents.items() if len(names) > 1}
    assert len(groups) == len(found)
    kept = {group["hash"]: (group["keeper"], group["reason"]) for group in groups}
    assert kept["a"] == (file_id(name, b"/photos/1.jpg"), "taken first")


async def test_a_collection_that_needs_an_index_is_refused_before_anything_begins(
    gateway: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await active_collection(gateway)
    await store.upsert(name, [point(name, f"{number}.jpg") for number in range(3)])
    monkeypatch.setattr("services.gateway.duplicates.duplicates.MOST_COMPARED", 2)

    answer = await gateway.post(f"{API}/duplicates/find-similar", json={})

    assert answer.status_code == 413, (answer.text, await store.count(name))
    assert answer.json()["code"] == "too_large"
    assert "needs a Qdrant server" in answer.json()["detail"]
