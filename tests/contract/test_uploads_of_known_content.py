"""Uploads of what the collection has: not stored again, and what of an upload is a copy can be archived."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import API, ended
from tests.support import photos

pytestmark = pytest.mark.slow

Files = list[tuple[str, tuple[str, bytes]]]


@pytest.fixture
async def collection(contract: Contract) -> str:
    """A new collection, selected."""
    body = {"collection_name": f"known{uuid4().hex[:8]}"}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    return body["collection_name"]


def folder_of(*names: str) -> Files:
    """Different photos under these names, as a folder picker sends them."""
    return [
        ("files", (f"trip/{name}", photos.png(200 + number, 150))) for number, name in enumerate(names, 1)
    ]


async def uploaded(contract: Contract, files: Files, **params: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer to an upload, and the status of its job once that is over."""
    answer = await contract.browser.post(f"{API}/ingest/upload", files=files, params=params)
    assert answer.is_success, answer.text
    return answer.json(), await ended(contract.browser, answer.json()["job_id"])


async def points(contract: Contract, collection: str) -> int:
    return int((await contract.browser.get(f"{API}/collections/{collection}/info")).json()["points_count"])


def kept(contract: Contract, taken: dict[str, Any]) -> list[str]:
    """The pictures of an upload that lie on disk."""
    folder = contract.home / "data" / "uploads" / taken["job_id"]
    return sorted(path.name for path in folder.rglob("*.png"))


async def test_a_folder_uploaded_twice_is_stored_once(contract: Contract, collection: str) -> None:
    await uploaded(contract, folder_of("a.png", "b.png"))

    taken, status = await uploaded(contract, folder_of("a.png", "b.png"))

    assert (status["status"], status["total_files"], status["cached_files"]) == ("completed", 2, 2)
    counts = status["counts"]
    assert (counts["stored"], counts["skipped"], counts["ignored"]) == (0, 2, 0)
    assert (taken["accepted"], taken["already_stored"], kept(contract, taken)) == (2, 2, [])
    assert (status["exact_duplicates"], status["exact_duplicates_count"]) == ([], 0)
    assert await points(contract, collection) == 2


async def test_what_is_skipped_says_which_point_has_it(contract: Contract, collection: str) -> None:
    assert collection
    _, first = await uploaded(contract, folder_of("a.png"))

    taken, _ = await uploaded(contract, folder_of("a.png", "new.png"))

    job, before = taken["job_id"], first["job_id"]
    items = (await contract.browser.get(f"{API}/ingest/jobs/{job}/files")).json()["items"]
    (stored,) = (await contract.browser.get(f"{API}/ingest/jobs/{before}/files")).json()["items"]
    assert [(each["file"], each["outcome"], each["code"], each["existing_id"]) for each in items] == [
        ("trip/a.png", "skipped", "already_stored", stored["id"]),
        ("trip/new.png", "stored", None, None),
    ]
    assert kept(contract, taken) == ["new.png"]


@pytest.mark.parametrize("requested", [{"on_duplicate": "store"}, {"force": "true"}])
async def test_it_is_stored_once_more_where_that_is_asked_for(
    contract: Contract, collection: str, requested: dict[str, str]
) -> None:
    await uploaded(contract, folder_of("a.png"))

    taken, status = await uploaded(contract, folder_of("a.png"), **requested)

    assert (status["counts"]["stored"], kept(contract, taken)) == (1, ["a.png"])
    assert await points(contract, collection) == 2


async def test_what_is_not_where_it_was_stored_from_does_not_count(
    contract: Contract, collection: str
) -> None:
    """Else the bytes that were sent would have been the last ones."""
    first, _ = await uploaded(contract, folder_of("gone.png", "changed.png"))
    folder = contract.home / "data" / "uploads" / first["job_id"] / "trip"
    (folder / "gone.png").unlink()
    (folder / "changed.png").write_bytes(photos.png(99, 99))

    taken, status = await uploaded(contract, folder_of("gone.png", "changed.png"))

    assert (status["counts"]["stored"], kept(contract, taken)) == (2, ["changed.png", "gone.png"])
    assert collection


async def test_the_copies_of_an_upload_are_archived_like_any_others(
    contract: Contract, collection: str
) -> None:
    taken, status = await uploaded(
        contract, [("files", (f"trip/{name}", photos.png(210, 150))) for name in ("a.png", "a copy.png")]
    )
    (duplicate,) = status["exact_duplicates"]

    answer = await contract.browser.post(
        f"{API}/duplicates/archive-exact", json={"file_paths": [duplicate["file_path"]]}
    )
    by_job = await contract.browser.post(f"{API}/ingest/archive_duplicates/{taken['job_id']}?dry_run=true")
    after = (await contract.browser.get(f"{API}/ingest/status/{taken['job_id']}")).json()

    assert [Path(each["path"]).name for each in answer.json()["archived"]] == ["a copy.png"]
    assert (by_job.json()["planned"], after["exact_duplicates"]) == ([], [])
    assert await points(contract, collection) == 1
