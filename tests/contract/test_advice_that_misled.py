"""Reports of tools that moved the wrong file, tried on a library with links, a bin and a git-annex."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import API, ended
from tests.support import photos

pytestmark = pytest.mark.slow

PAIRS = 12


@pytest.fixture(scope="module")
async def library(contract: Contract) -> tuple[Path, dict[str, Any]]:
    """The library, and the status of the job that ingested it."""
    root = contract.home / f"misled{uuid4().hex[:8]}"
    for number in range(PAIRS):
        put(root / f"album/{number:02}.jpg", photos.jpeg(200 + number, 150))
        put(root / f"0/{number:02} (1).jpg", photos.jpeg(200 + number, 150))
    put(root / "album/Only in the album.jpg", photos.png(400, 300))
    put(root / "@Recycle/b.jpg", photos.png(400, 300))
    link(root / "best/00.jpg", root / "album/00.jpg")
    for number in range(5):
        link(root / f"wallpaper/{number}.jpg", root / "album/01.jpg")
    put(root / ".git/annex/objects/ab/key.jpg", photos.png(333, 222))
    link(root / "annex/first.jpg", root / ".git/annex/objects/ab/key.jpg")
    link(root / "annex/second.jpg", root / ".git/annex/objects/ab/key.jpg")
    body = {"collection_name": root.name}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    answer = await contract.browser.post(f"{API}/ingest/", json={"directory_path": str(root)})
    return root, await ended(contract.browser, answer.json()["job_id"])


@pytest.fixture(autouse=True)
async def selected(contract: Contract, library: tuple[Path, dict[str, Any]]) -> None:
    body = {"collection_name": library[0].name}
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


async def groups(contract: Contract) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await contract.browser.get(f"{API}/duplicates/exact")).json()["groups"]
    return found


async def outcomes(contract: Contract, job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = await contract.browser.get(f"{API}/ingest/jobs/{job['job_id']}/files?limit=500")
    return {each["file"]: each for each in answer.json()["items"]}


async def test_no_call_would_move_what_another_keeps(
    contract: Contract, library: tuple[Path, dict[str, Any]]
) -> None:
    root, job = library
    kept = {
        file["file_path"] for group in await groups(contract) for file in group["files"]
        if file["id"] == group["keeper"]
    }  # fmt: skip

    answer = await contract.browser.post(f"{API}/ingest/archive_duplicates/{job['job_id']}?dry_run=true")

    planned = {each["path"] for each in answer.json()["planned"]}
    assert kept == {str(root / f"album/{number:02}.jpg") for number in range(PAIRS)}
    assert planned == {str(root / f"0/{number:02} (1).jpg") for number in range(PAIRS)}
    assert {each["file_path"] for each in job["exact_duplicates"]} <= planned


async def test_what_lies_in_a_bin_is_no_copy(
    contract: Contract, library: tuple[Path, dict[str, Any]]
) -> None:
    root, job = library

    assert not [file for file in await outcomes(contract, job) if "@Recycle" in file]
    listed = {file["file_path"] for group in await groups(contract) for file in group["files"]}
    assert str(root / "album/Only in the album.jpg") not in listed


async def test_a_link_is_no_copy_of_its_target(
    contract: Contract, library: tuple[Path, dict[str, Any]]
) -> None:
    root, job = library
    found = await outcomes(contract, job)

    links = [str(root / "best/00.jpg"), *(str(root / f"wallpaper/{number}.jpg") for number in range(5))]
    assert {(found[each]["outcome"], found[each]["code"]) for each in links} == {("skipped", "alias")}
    assert not [
        file for group in await groups(contract) for file in group["files"] if file["file_path"] in links
    ]


async def test_links_into_an_annex_are_one_picture_whose_target_never_moves(
    contract: Contract, library: tuple[Path, dict[str, Any]]
) -> None:
    root, job = library
    found = await outcomes(contract, job)
    first, second = (found[str(root / f"annex/{name}.jpg")] for name in ("first", "second"))

    body = {"point_ids": [first["id"]], "dry_run": True}
    answer = (await contract.browser.post(f"{API}/curation/archive-selection", json=body)).json()

    assert (first["outcome"], second["outcome"], second["code"]) == ("stored", "skipped", "alias")
    assert answer["archived"] == []
    assert [each["code"] for each in answer["skipped"]] == ["not_a_regular_file"]
