"""Decisions on duplicates: any replica knows them at once, and groups hide what was decided."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.ids import file_id
from libs.common.store.protocol import Point, Store

pytestmark = pytest.mark.slow

API = "/api/v1"
DECISIONS = f"{API}/duplicates/decisions"
HASH, OTHER = "a" * 64, "b" * 64


@pytest.fixture
async def collection(gateway: httpx.AsyncClient, store: Store) -> str:
    """Two files of one content, the active collection's only ones."""
    name = f"c{uuid4().hex[:8]}"
    body = {"collection_name": name, "vector_size": 4}
    (await gateway.post(f"{API}/collections", json=body)).raise_for_status()
    (await gateway.post(f"{API}/collections/select", json={"collection_name": name})).raise_for_status()
    points = [
        Point(file_id(name, path.encode()), [1.0, 0.0, 0.0, 0.0], {"full_path": path, "file_hash": HASH})
        for path in ("/p/1.jpg", "/p/1 (1).jpg")
    ]
    await store.upsert(name, points)
    return name


async def groups(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"{API}/duplicates/exact", params=params)
    return list(answer.json()["groups"])


async def test_a_decision_is_known_to_every_replica_hides_its_group_and_can_be_undone(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, collection: str
) -> None:
    (group,) = await groups(second)
    assert (group["keeper"], group["reason"]) == (
        file_id(collection, b"/p/1.jpg"), "a name without a copy mark",
    )  # fmt: skip

    made = await gateway.post(DECISIONS, json={"hashes": [HASH], "decision": "keep_all"})
    again = await second.post(DECISIONS, json={"hashes": [HASH, HASH], "decision": "keep_all"})

    assert made.status_code == 200, made.text
    assert again.json() == made.json()
    assert (await second.get(DECISIONS)).json() == [made.json()]
    assert await groups(second) == []
    assert await groups(second, decided=True) == [group]

    undone = await second.delete(f"{DECISIONS}/{made.json()['decision_id']}")
    assert undone.json() == made.json()
    assert (await gateway.get(DECISIONS)).json() == []
    assert await groups(gateway) == [group]


async def test_a_decision_on_other_contents_changes_nothing_and_bad_ones_are_refused(
    gateway: httpx.AsyncClient, collection: str
) -> None:
    assert collection
    made = await gateway.post(DECISIONS, json={"hashes": [HASH, OTHER], "decision": "keep_all"})

    assert len(await groups(gateway)) == 1
    await gateway.delete(f"{DECISIONS}/{made.json()['decision_id']}")
    for body in ({"hashes": [], "decision": "keep_all"}, {"hashes": ["x"], "decision": "keep_all"}):
        assert (await gateway.post(DECISIONS, json=body)).status_code == 422
    assert (await gateway.delete(f"{DECISIONS}/{'0' * 32}")).status_code == 404


async def test_a_file_in_a_folder_that_the_call_protects_is_the_keeper(
    gateway: httpx.AsyncClient, store: Store, collection: str
) -> None:
    path = "/best/of/all/1 (2).jpg"
    kept = Point(file_id(collection, path.encode()), [1.0, 0, 0, 0], {"full_path": path, "file_hash": HASH})
    await store.upsert(collection, [kept])

    (group,) = await groups(gateway, protect="/best")

    assert (group["keeper"], group["reason"]) == (kept.id, "in a protected folder")
