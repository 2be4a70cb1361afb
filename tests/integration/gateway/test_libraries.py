"""Libraries by REST: made, changed and deleted, the same on every replica."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from libs.common.control import LibraryState
from libs.common.events import Library, ScanRequest, decode
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.table import Table, read_partition
from libs.common.topics import INGEST, LIBRARIES, key_partition
from services.gateway.parts import _policy
from services.gateway.settings import GatewaySettings

pytestmark = pytest.mark.slow

API = "/api/v1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    return made


async def collection(client: httpx.AsyncClient) -> str:
    name = f"c{uuid4().hex[:8]}"
    (await client.post(f"{API}/collections", json={"collection_name": name})).raise_for_status()
    return name


async def added(client: httpx.AsyncClient, folder: Path, **options: Any) -> dict[str, Any]:
    body = {"name": f"n{uuid4().hex[:8]}", "uri": str(folder), "collection": await collection(client)}
    answer = await client.post(f"{API}/libraries", json=body | options)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_library_is_made_changed_and_deleted_on_any_replica(
    gateway: httpx.AsyncClient, second: httpx.AsyncClient, folder: Path
) -> None:
    made = await added(gateway, folder, exclude=["*.png"], rescan="PT24H", watch=True)
    url = f"{API}/libraries/{made['library_id']}"

    shown = (await second.get(url)).json()
    assert (shown["uri"], shown["exclude"], shown["watch"], shown["rescan"], shown["prune"]) == (
        str(folder), ["*.png"], True, "P1D", "auto",
    )  # fmt: skip
    changed = await second.patch(url, json={"rescan": None, "prune": "ask"})
    assert (changed.status_code, changed.json()["exclude"]) == (200, ["*.png"])
    shown = (await gateway.get(url)).json()
    assert (shown["rescan"], shown["prune"], shown["watch"]) == (None, "ask", True)
    assert made["library_id"] in [
        each["library_id"] for each in (await gateway.get(f"{API}/libraries")).json()
    ]

    assert (await gateway.delete(url)).status_code == 200
    assert (await second.get(url)).json()["code"] == "library_not_found"


async def test_a_scan_of_a_library_is_a_sync_that_carries_its_id(
    gateway: httpx.AsyncClient, settings: GatewaySettings, folder: Path
) -> None:
    made = await added(gateway, folder, exclude=["*.png"], prune="off")
    answer = await gateway.post(f"{API}/libraries/{made['library_id']}/scan")
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]

    rows = await read_partition(
        Connection.of(settings, "test"), INGEST, key_partition(job_id, 4), lambda b: decode(b, ScanRequest)
    )
    request = rows[job_id]
    assert (request.library_id, request.sync, request.prune, request.exclude) == (
        made["library_id"], True, "off", ("*.png",),
    )  # fmt: skip
    status = (await gateway.get(f"{API}/ingest/status/{job_id}")).json()
    assert status["library_id"] == made["library_id"]


async def test_how_a_library_is_followed_is_told(
    gateway: httpx.AsyncClient, publisher: Publisher, folder: Path
) -> None:
    made = await added(gateway, folder, rescan="PT1H")
    assert made["following"]["followed_by"] is None
    state = LibraryState(
        library_id=made["library_id"], followed_by="scanner-1", watching="polling", scanned_at=3600.0
    )
    await publisher.publish([fact(state)])
    following = (await gateway.get(f"{API}/libraries/{made['library_id']}")).json()["following"]
    assert (following["followed_by"], following["watching"]) == ("scanner-1", "polling")
    assert (following["scanned_at"], following["next_scan_at"]) == (
        "1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z",
    )  # fmt: skip


async def test_what_cannot_be_followed_is_refused_with_the_way_out(
    gateway: httpx.AsyncClient, folder: Path
) -> None:
    made = await added(gateway, folder)

    async def code_of(**body: Any) -> tuple[int, str]:
        requested = {"name": "other", "uri": str(folder), "collection": made["collection"]} | body
        answer = await gateway.post(f"{API}/libraries", json=requested)
        return answer.status_code, answer.json()["code"]

    assert await code_of(name=made["name"]) == (409, "library_exists")
    assert await code_of(uri=str(folder / "missing")) == (400, "directory_not_found")
    assert await code_of(collection="nowhere") == (400, "collection_not_found")
    assert await code_of(uri="s3://key:secret@bucket/photos") == (422, "invalid_request")
    assert await code_of(rescan="PT1S") == (422, "invalid_request")
    assert await code_of(rescan="nightly") == (422, "invalid_request")
    unknown = await gateway.get(f"{API}/libraries/{UUID(int=5)}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "library_not_found")


async def test_files_in_a_folder_that_a_library_protects_are_never_moved(
    gateway: httpx.AsyncClient, settings: GatewaySettings, folder: Path
) -> None:
    await added(gateway, folder, protect=[str(folder / "best")])
    async with Table.open(
        Connection.of(settings, "test"), LIBRARIES, lambda body: decode(body, Library)
    ) as libraries:
        policy = _policy(settings, libraries)
        assert policy.protected.holds(str(folder / "best" / "a.jpg"))
        assert not policy.protected.holds(str(folder / "a.jpg"))
        assert policy.protecting(["/other"]).protected.holds(str(folder / "best" / "a.jpg"))
