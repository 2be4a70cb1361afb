"""The frontend's calls that move photos, and what it shows before and after them."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.shapes import check
from tests.contract.test_frontend import API, ended
from tests.support import photos
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

ARCHIVED = {"path": str, "to": str, "point_id": str, "keeper": (str, type(None)), "sidecars": [str]}
SKIPPED = {"path": str, "code": str, "detail": str}
FOLDERS = ("_VibeDuplicates", "_VibeArchive")


@dataclass(frozen=True)
class Album:
    """A folder of three photos, one of them twice, as a finished job of the active collection left it."""

    folder: Path
    collection: str
    job: dict[str, Any]

    @property
    def moved(self) -> set[str]:
        """Photos in an archive folder."""
        return {path.name for name in FOLDERS for path in self.folder.glob(f"{name}/*.*g")}

    @property
    def left(self) -> set[str]:
        """Photos where they were."""
        return {path.name for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture
async def album(contract: Contract) -> Album:
    name = f"album{uuid4().hex[:8]}"
    folder = contract.home / name
    folder.mkdir()
    for file, data in (
        ("a.jpg", photos.jpeg()), ("a copy.jpg", photos.jpeg()), ("b.png", photos.png(320, 200)),
        ("c.png", photos.png(200, 320)),
    ):  # fmt: skip
        (folder / file).write_bytes(data)
    body = {"collection_name": name}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    answer = await contract.browser.post(f"{API}/ingest/", json={"directory_path": str(folder)})
    job = await ended(contract.browser, answer.json()["job_id"])
    assert job["status"] == "completed"
    return Album(folder, name, job)


async def points(contract: Contract, album: Album) -> int:
    info = (await contract.browser.get(f"{API}/collections/{album.collection}/info")).json()
    return int(info["points_count"])


async def archive(contract: Contract, archive_id: str) -> dict[str, Any]:
    """The archive, once its moves are over."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            items = (await contract.browser.get(f"{API}/archives")).json()["items"]
            (found,) = [item for item in items if item["archive_id"] == archive_id]
            if found["state"] != "running":
                return dict(found)
            await asyncio.sleep(0.05)


async def test_the_copies_that_a_job_found_are_archived_by_a_call_without_a_body(
    contract: Contract, album: Album
) -> None:
    (duplicate,) = album.job["exact_duplicates"]

    answer = await contract.browser.post(f"{API}/ingest/archive_duplicates/{album.job['job_id']}")

    assert answer.is_success
    check(
        answer.json(),
        {"archive_id": str, "planned": [{"path": str, "point_id": str}], "skipped": [SKIPPED]},
    )
    assert [planned["path"] for planned in answer.json()["planned"]] == [duplicate["file_path"]]
    assert (await archive(contract, answer.json()["archive_id"]))["moved"] == 1
    name = Path(duplicate["file_path"]).name
    assert album.moved == {name}
    assert album.left == {"a.jpg", "a copy.jpg", "b.png", "c.png"} - {name}
    assert await points(contract, album) == 3


async def test_exact_copies_are_archived_by_the_paths_that_a_status_gave(
    contract: Contract, album: Album
) -> None:
    (duplicate,) = album.job["exact_duplicates"]
    body = {"file_paths": [duplicate["file_path"]]}

    answer = await contract.browser.post(f"{API}/duplicates/archive-exact", json=body)
    again = await contract.browser.post(f"{API}/duplicates/archive-exact", json=body)

    assert answer.is_success
    check(answer.json(), {"archive_id": str, "archived": [ARCHIVED], "skipped": [SKIPPED]})
    assert len(album.moved) == 1
    assert await points(contract, album) == 3
    # What can be fixed is a 400, whose sentence the frontend shows.
    assert (again.status_code, again.json()["code"]) == (400, "not_indexed")


async def test_a_selection_is_archived_by_the_ids_that_a_search_gave(
    contract: Contract, album: Album
) -> None:
    body = {"query": "png", "limit": 20, "offset": 0, "filters": {"format": "PNG"}}
    found = (await contract.browser.post(f"{API}/search", json=body)).json()["results"]
    ids = [hit["id"] for hit in found]

    answer = await contract.browser.post(f"{API}/curation/archive-selection", json={"point_ids": ids})

    assert answer.is_success
    check(answer.json(), {"archive_id": str, "archived": [ARCHIVED], "skipped": [SKIPPED], "snapshot": str})
    assert album.moved == {"b.png", "c.png"}
    assert album.left == {"a.jpg", "a copy.jpg"}
    assert await points(contract, album) == 2
    assert (await contract.browser.post(f"{API}/search", json=body)).json()["results"] == []


async def test_what_was_archived_comes_back_with_its_points(contract: Contract, album: Album) -> None:
    before = album.left
    info = (await contract.browser.get(f"{API}/collections/{album.collection}/info")).json()
    ids = [point["id"] for point in info["sample_points"]]
    moved = await contract.browser.post(f"{API}/curation/archive-selection", json={"point_ids": ids})
    assert album.left == set()
    assert await points(contract, album) == 0

    archive_id = moved.json()["archive_id"]
    restored = await contract.browser.post(f"{API}/archives/{archive_id}/restore")

    assert restored.is_success
    check(restored.json(), {"moves": [{"from": str, "to": str, "state": str}]})
    assert (album.left, album.moved) == (before, set())
    assert await points(contract, album) == 4
    shown = await contract.browser.get(f"{API}/images/{ids[0]}/thumbnail")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
