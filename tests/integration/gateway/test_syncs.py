"""What a sync tells through the API, and what is asked of it afterwards."""

import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import numpy as np
import pytest

from libs.common import events, messages
from libs.common.events import Accepted, Compared, Finished, Outcome, Outcomes, ScanRequest, SyncCounts
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, event
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.messages import RemovedRecord
from libs.common.store.protocol import Point, Store
from libs.common.topics import INGEST, REMOVED
from services.gateway.settings import GatewaySettings
from tests.support.kafka import records_of

pytestmark = pytest.mark.slow

API = "/api/v1"
PENDING = SyncCounts(added=1, moved=2, unchanged=3, pending=40, reason="so many are gone")


@pytest.fixture
async def collection(gateway: httpx.AsyncClient) -> str:
    name = f"c{uuid4().hex[:8]}"
    body = {"collection_name": name, "vector_size": 4}
    assert (await gateway.post(f"{API}/collections", json=body)).status_code == 201
    await gateway.post(f"{API}/collections/select", json={"collection_name": name})
    return name


async def synced(
    publisher: Publisher,
    collection: str,
    counts: SyncCounts,
    folder: str = "/photos",
    listed: Sequence[Outcome] = (),
) -> str:
    """A sync that ran to its end; `listed` are the files that it found there."""
    job = str(uuid4())
    ended = Finished(
        job_id=job, state="completed", total=3, stored=3, from_cache=3, failed=0, skipped=0, ignored=0
    )
    accepted = Accepted(
        job_id=job, collection=collection, partition=0, offset=0, directory_path=folder, exclude=("*.png",)
    )
    outcomes = Outcomes(job_id=job, items=tuple(listed))
    reported = (accepted, Compared(job_id=job, counts=counts), *((outcomes,) if listed else ()), ended)
    await publisher.publish([event(body) for body in reported])
    return job


async def requests(settings: GatewaySettings) -> list[ScanRequest]:
    records = await records_of(Connection.of(settings, "test"), INGEST)
    return [events.decode(record.value, ScanRequest) for record in records]


async def test_a_sync_is_asked_for_in_the_second_version(
    gateway: httpx.AsyncClient, collection: str, settings: GatewaySettings, tmp_path: Path
) -> None:
    place = {"directory_path": str(tmp_path), "collection": collection}
    body: dict[str, Any] = place | {"sync": True, "prune": "ask"}
    job = (await gateway.post(f"{API}/ingest", json=body)).json()["job_id"]
    plain = (await gateway.post(f"{API}/ingest", json=place)).json()["job_id"]

    sent = {str(request.job_id): request for request in await requests(settings)}

    assert (sent[job].version, sent[job].sync, sent[job].prune) == (2, True, "ask")
    assert (sent[plain].version, sent[plain].sync) == (1, False)


async def test_a_status_tells_what_a_sync_found(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, collection: str, publisher: Publisher
) -> None:
    job = await synced(publisher, collection, PENDING)
    for replica in (gateway, second):
        status = (await replica.get(f"{API}/ingest/status/{job}")).json()
        assert status["sync"] == {
            "added": 1, "changed": 0, "moved": 2, "removed": 0, "unchanged": 3, "pending": 40,
            "reason": "so many are gone",
        }  # fmt: skip
        assert status["prune_pending"]
        assert any("40 gone files keep their points" in line["message"] for line in status["logs"])


async def test_what_a_sync_left_waiting_is_removed_by_a_job_of_its_own(
    gateway: httpx.AsyncClient, collection: str, publisher: Publisher, settings: GatewaySettings
) -> None:
    job = await synced(publisher, collection, PENDING)
    answer = await gateway.post(f"{API}/ingest/jobs/{job}/prune")
    assert answer.status_code == 202
    sent = {str(request.job_id): request for request in await requests(settings)}[answer.json()["job_id"]]
    assert (sent.version, sent.sync, sent.prune) == (2, True, "now")
    assert (sent.directory_path, sent.collection, sent.exclude) == ("/photos", collection, ("*.png",))

    done = await synced(publisher, collection, SyncCounts(removed=3))
    answer = await gateway.post(f"{API}/ingest/jobs/{done}/prune")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_prune")


def below(folder: Path, name: str, stored_at: float = 1.0) -> Point:
    """A point of a file in this folder."""
    full_path = f"{folder}/{name}"
    payload = {"full_path": full_path, "folders": [str(folder)], "stored_at": stored_at}
    return Point(str(uuid5(NAMESPACE_URL, full_path)), [1.0, 0.0, 0.0, 0.0], payload)


async def gone(client: httpx.AsyncClient, job: str) -> list[list[str]]:
    """The names of the files that a prune would remove, by pages of two."""
    pages: list[list[str]] = []
    given: dict[str, str] = {}
    while not pages or given:
        answer = (await client.get(f"{API}/ingest/jobs/{job}/prune", params={"limit": "2"} | given)).json()
        pages.append([each["file"].rpartition("/")[2] for each in answer["items"]])
        given = {"cursor": answer["next"]} if answer["next"] else {}
    return pages


async def test_what_a_prune_would_remove_is_shown_page_by_page_before(
    gateway: httpx.AsyncClient, collection: str, publisher: Publisher, store: Store, tmp_path: Path
) -> None:
    points = [below(tmp_path, f"{number}.jpg") for number in range(5)]
    later, elsewhere = below(tmp_path, "later.jpg", time.time() + 60), below(tmp_path / "else", "e.jpg")
    await store.upsert(collection, [*points, later, elsewhere])
    listed = [
        Outcome(file_id=each.id, file=str(each.payload["full_path"]), outcome="stored", source="cache")
        for each in points[:2]
    ]
    counts = SyncCounts(unchanged=2, pending=3, reason="prune waits to be asked")
    job = await synced(publisher, collection, counts, str(tmp_path), listed)

    pages = await gone(gateway, job)
    assert ([len(page) for page in pages], sorted(chain(*pages))) == ([2, 1], ["2.jpg", "3.jpg", "4.jpg"])
    assert await gone(gateway, await synced(publisher, collection, SyncCounts(removed=3))) == [[]]


async def test_after_a_sync_of_some_paths_it_is_what_these_lack_and_a_prune_compares_just_them(
    gateway: httpx.AsyncClient,
    collection: str,
    publisher: Publisher,
    store: Store,
    settings: GatewaySettings,
    tmp_path: Path,
) -> None:
    # It lies there, but the library's rules pass it over now: a prune removes its point.
    (tmp_path / "excluded.jpg").write_bytes(b"a photo")
    compared = [below(tmp_path, "excluded.jpg"), below(tmp_path, "2024/may/gone.jpg")]
    others = [below(tmp_path, "elsewhere.jpg"), below(tmp_path, "2024b/gone too.jpg")]
    kept = below(tmp_path, "2024/there.jpg")
    await store.upsert(collection, [*compared, *others, kept])
    listed = [Outcome(file_id=kept.id, file=str(kept.payload["full_path"]), outcome="stored", source="cache")]
    paths = ("excluded.jpg", "2024")
    counts = SyncCounts(pending=2, reason="so many", whole=False, root=str(tmp_path), paths=paths)
    # As a client may write the folder: its points name it otherwise.
    job = await synced(publisher, collection, counts, f"file://{tmp_path}", listed)

    assert sorted(chain(*await gone(gateway, job))) == ["excluded.jpg", "gone.jpg"]

    answer = await gateway.post(f"{API}/ingest/jobs/{job}/prune")
    sent = {str(request.job_id): request for request in await requests(settings)}[answer.json()["job_id"]]
    assert (sent.prune, sent.paths) == ("now", paths)


async def test_points_of_a_release_that_did_not_tell_the_paths_are_left_to_another_sync(
    gateway: httpx.AsyncClient, collection: str, publisher: Publisher
) -> None:
    job = await synced(publisher, collection, SyncCounts(pending=1, reason="so many", whole=False))
    assert await gone(gateway, job) == [[]]
    answer = await gateway.post(f"{API}/ingest/jobs/{job}/prune")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_prune")


async def test_points_that_a_sync_removed_are_put_back(
    gateway: httpx.AsyncClient,
    collection: str,
    publisher: Publisher,
    settings: GatewaySettings,
    store: Store,
) -> None:
    job = await synced(publisher, collection, SyncCounts(removed=2))
    async with ControlTable.open(Connection.of(settings, "test")) as control:
        state = control.collection(collection)
    assert state is not None
    ids = (str(uuid4()), str(uuid4()))
    vector = np.asarray([0.6, 0.8, 0.0, 0.0], dtype="<f4")
    kept = RemovedRecord(
        job_id=job, collection=collection, generation=state.generation, ids=ids,
        payloads=({"filename": "a.jpg"}, {"filename": "b.jpg"}), vectors=(vector.tobytes(), vector.tobytes()),
    )  # fmt: skip
    await publisher.publish([Outgoing(REMOVED, job, messages.encode(kept))])
    await store.upsert(collection, [Point(ids[1], [1.0, 0.0, 0.0, 0.0], {"filename": "newer.jpg"})])

    answer = await gateway.post(f"{API}/ingest/jobs/{job}/prune/undo")

    assert (answer.status_code, answer.json()) == (200, {"job_id": job, "points": 1})
    there = {record.id: record for record in await store.retrieve(collection, ids, vectors=True)}
    assert there[ids[0]].payload["filename"] == "a.jpg"
    assert there[ids[0]].vector == pytest.approx([0.6, 0.8, 0.0, 0.0])
    assert there[ids[1]].payload["filename"] == "newer.jpg"
