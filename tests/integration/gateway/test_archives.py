"""Moving files through the API: the index follows the files, on every replica, there and back."""

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.events import Accepted, Finished, JobEvent, Outcome, Outcomes
from libs.common.ids import file_id
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import event
from libs.common.kafka.publisher import Publisher
from libs.common.store.protocol import Point, Store
from services.gateway.settings import GatewaySettings
from tests.support.archiving import ARCHIVE_ID, Tree, archive, executor, sha256_of
from tests.support.gateway import running_gateway
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"
VECTOR = [0.6, 0.8, 0.0, 0.0]


@pytest.fixture(scope="module")
def options(data: Path) -> dict[str, Any]:
    return {"archive_dir": data / "moved"}


@pytest.fixture
async def collection(gateway: httpx.AsyncClient) -> str:
    name = f"c{uuid4().hex[:8]}"
    body = {"collection_name": name, "vector_size": 4}
    assert (await gateway.post(f"{API}/collections", json=body)).status_code == 201
    await gateway.post(f"{API}/collections/select", json={"collection_name": name})
    return name


@pytest.fixture
async def tree(tmp_path: Path, store: Store, collection: str) -> Tree:
    """Four photos, two contents, each with its point."""
    made = Tree(tmp_path.resolve() / "photos")
    made.make()
    for path in (*made.kept, *made.requested):
        payload = {"filename": path.name, "full_path": str(path), "file_hash": sha256_of(path)}
        await store.upsert(collection, [Point(id_of(collection, path), VECTOR, payload)])
    return made


def id_of(collection: str, path: Path) -> str:
    return file_id(collection, os.fsencode(path))


async def points_of(store: Store, collection: str) -> set[str]:
    page, _ = await store.scroll(collection, limit=100, payload="none")
    return {record.id for record in page}


async def archive_of(client: httpx.AsyncClient, archive_id: str) -> dict[str, Any]:
    page = (await client.get(f"{API}/archives", params={"limit": 200})).json()
    (found,) = [item for item in page["items"] if item["archive_id"] == archive_id]
    return dict(found)


async def test_copies_go_and_come_back_with_their_points(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, store: Store, collection: str, tree: Tree
) -> None:
    every = {id_of(collection, path) for path in (*tree.kept, *tree.requested)}
    body = {"file_paths": [str(path) for path in tree.requested]}
    answer = await gateway.post(f"{API}/duplicates/archive-exact", json=body)

    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert {item["path"]: item["keeper"] for item in moved["archived"]} == {
        str(requested): str(kept) for requested, kept in zip(tree.requested, tree.kept, strict=True)
    }
    assert await points_of(store, collection) == {id_of(collection, path) for path in tree.kept}
    assert (await archive_of(second, moved["archive_id"]))["state"] == "finished"

    restored = await second.post(f"{API}/archives/{moved['archive_id']}/restore")
    assert restored.status_code == 200, restored.text
    assert {move["state"] for move in restored.json()["moves"]} == {"restored"}
    assert all(path.exists() for path in (*tree.requested, tree.root / "b/1.xmp"))
    assert await points_of(store, collection) == every
    (back,) = await store.retrieve(collection, [id_of(collection, tree.requested[0])], vectors=True)
    assert back.vector == pytest.approx(VECTOR)
    assert back.payload["full_path"] == str(tree.requested[0])


async def test_a_name_that_is_taken_meanwhile_blocks_the_way_back(
    gateway: httpx.AsyncClient, store: Store, collection: str, tree: Tree
) -> None:
    path = tree.requested[1]
    moved = (await gateway.post(f"{API}/duplicates/archive-exact", json={"file_paths": [str(path)]})).json()
    path.write_bytes(b"a new photo")
    answer = await gateway.post(f"{API}/archives/{moved['archive_id']}/restore", json={"dry_run": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "restore_blocked")
    assert path.read_bytes() == b"a new photo"
    assert id_of(collection, path) not in await points_of(store, collection)


async def test_the_last_copies_are_refused_and_so_is_what_has_no_point(
    gateway: httpx.AsyncClient, store: Store, collection: str, tree: Tree
) -> None:
    tree.requested[0].unlink()
    for paths, code in (([tree.kept[0]], "last_copy"), ([tree.root / "b/1.xmp"], "not_indexed")):
        body = {"file_paths": [str(path) for path in paths]}
        answer = await gateway.post(f"{API}/duplicates/archive-exact", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(await points_of(store, collection)) == 4
    assert tree.kept[0].exists()


async def test_a_dry_run_moves_nothing(
    gateway: httpx.AsyncClient, store: Store, collection: str, tree: Tree
) -> None:
    body = {"file_paths": [str(path) for path in tree.requested], "dry_run": True}
    answer = (await gateway.post(f"{API}/duplicates/archive-exact", json=body)).json()
    assert (answer["archive_id"], len(answer["archived"])) == (None, 2)
    assert all(path.exists() for path in tree.requested)
    assert len(await points_of(store, collection)) == 4


async def test_a_selection_goes_after_a_snapshot_and_only_what_moved_leaves_the_index(
    gateway: httpx.AsyncClient, settings: GatewaySettings, store: Store, collection: str, tree: Tree
) -> None:
    gone, there = tree.kept
    gone.unlink()
    ids = [id_of(collection, gone), id_of(collection, there), str(uuid4())]
    answer = (await gateway.post(f"{API}/curation/archive-selection", json={"point_ids": ids})).json()

    assert [item["path"] for item in answer["archived"]] == [str(there)]
    assert [item["code"] for item in answer["skipped"]] == ["file_gone", "image_not_found"]
    assert (tree.root / "a/_VibeArchive/2.jpg").exists()
    left = {id_of(collection, path) for path in (gone, *tree.requested)}
    assert await points_of(store, collection) == left
    snapshot = settings.archives / answer["snapshot"]
    assert len(snapshot.read_text().splitlines()) == 2
    ids_then = (snapshot.parent / "collection-ids.txt").read_text().split()
    assert set(ids_then) == left | {id_of(collection, there)}


async def test_the_copies_that_a_job_found_go_in_the_background_without_a_body(
    gateway: httpx.AsyncClient, settings: GatewaySettings, store: Store, collection: str, tree: Tree
) -> None:
    job_id, (kept, copy) = str(uuid4()), (tree.kept[0], tree.requested[0])
    rated = {"filename": kept.name, "full_path": str(kept), "file_hash": sha256_of(kept), "rating": 5}
    await store.upsert(collection, [Point(id_of(collection, kept), VECTOR, rated)])
    items = (
        Outcome(
            file_id=id_of(collection, copy),
            file=str(copy),
            outcome="stored",
            existing_id=id_of(collection, kept),
        ),
    )
    scenario: tuple[JobEvent, ...] = (
        Accepted(job_id=job_id, collection=collection, partition=0, offset=0, directory_path="/p"),
        Outcomes(job_id=job_id, items=items),
        Finished(
            job_id=job_id, state="completed", total=1, stored=1, from_cache=0, failed=0, skipped=0, ignored=0
        ),
    )
    async with Publisher.open(Connection.of(settings, "test")) as publisher:
        await publisher.publish([event(each) for each in scenario])
    answer = await gateway.post(f"{API}/ingest/archive_duplicates/{job_id}")

    assert answer.status_code == 202, answer.text
    assert [item["path"] for item in answer.json()["planned"]] == [str(copy)]
    async with asyncio.timeout(LIMIT_S):
        while id_of(collection, copy) in await points_of(store, collection):
            await asyncio.sleep(0.05)
    assert not copy.exists()
    assert kept.exists()
    found = await archive_of(gateway, answer.json()["archive_id"])
    assert (found["kind"], found["moved"]) == ("job", 1)


async def test_archives_are_listed_page_by_page(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, tree: Tree
) -> None:
    ids = []
    for path in tree.requested:
        body = {"file_paths": [str(path)]}
        ids.append((await gateway.post(f"{API}/duplicates/archive-exact", json=body)).json()["archive_id"])

    newest = (await second.get(f"{API}/archives", params={"limit": 1})).json()
    before = (await second.get(f"{API}/archives", params={"limit": 1, "cursor": newest["next"]})).json()

    assert [page["items"][0]["archive_id"] for page in (newest, before)] == ids[::-1]
    (move,) = newest["items"][0]["moves"]
    assert (move["from"], move["state"]) == (str(tree.requested[1]), "archived")


async def test_an_unknown_job_and_an_unknown_archive_are_not_found(gateway: httpx.AsyncClient) -> None:
    for path, code in (
        (f"ingest/archive_duplicates/{uuid4()}", "job_not_found"),
        ("archives/20260101T000000-0/restore", "archive_not_found"),
    ):
        answer = await gateway.post(f"{API}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_start_has_the_index_follow_what_moved_before_a_crash(
    settings: GatewaySettings, data: Path, store: Store, collection: str, tmp_path: Path
) -> None:
    tree = Tree(tmp_path.resolve() / "photos")
    tree.make()
    archive(tree.root)
    shop = executor(tree.root)
    history = shop.history(ARCHIVE_ID)
    assert history is not None
    journal = shop.journal(ARCHIVE_ID).folder / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"collection":"photos"', f'"collection":"{collection}"'))
    moved = [found.move.point_id for found in history.archived]
    await store.upsert(collection, [Point(each, VECTOR, {"full_path": "/p"}) for each in moved])
    third = settings.model_copy(
        update={"data_dir": data / "three", "instance": "three", "archive_dir": shop.root}
    )
    async with running_gateway(third, store), asyncio.timeout(LIMIT_S):
        while await points_of(store, collection):
            await asyncio.sleep(0.05)


async def test_where_it_is_not_enabled_nothing_moves(
    settings: GatewaySettings, data: Path, store: Store, collection: str, tree: Tree
) -> None:
    closed = settings.model_copy(
        update={"data_dir": data / "four", "instance": "four", "archive_enabled": False}
    )
    async with running_gateway(closed, store) as client:
        body = {"file_paths": [str(path) for path in tree.requested]}
        answer = await client.post(f"{API}/duplicates/archive-exact", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "archive_disabled")
    assert all(path.exists() for path in tree.requested)
    assert len(await points_of(store, collection)) == 4
