"""A job that is held, let go, ended early, and what failed gone through again, in the whole system."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Contract
from tests.contract.test_frontend import API, ended
from tests.support import photos
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

FILES = 1500
"""More than may be under way at once, so that a held job has some left."""

Status = dict[str, Any]


@pytest.fixture(scope="module")
async def collection(contract: Contract) -> str:
    body = {"collection_name": f"commanded{uuid4().hex[:8]}"}
    assert (await contract.browser.post(f"{API}/collections", json=body)).is_success
    assert (await contract.browser.post(f"{API}/collections/select", json=body)).is_success
    return body["collection_name"]


@pytest.fixture(scope="module")
def library(contract: Contract) -> Path:
    """Small photos, each of other bytes, so that none comes from a cache."""
    folder = contract.home / "library"
    folder.mkdir()
    photo = photos.jpeg(64, 48)
    for number in range(FILES):
        (folder / f"{number}.jpg").write_bytes(photo + b"%d" % number)
    return folder


async def submitted(contract: Contract, folder: Path, collection: str) -> str:
    body = {"directory_path": str(folder), "collection": collection}
    return str((await contract.browser.post(f"{API}/ingest/", json=body)).json()["job_id"])


async def status_once(contract: Contract, job_id: str, holds: Callable[[Status], bool]) -> Status:
    """The first status of which it holds."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            status: Status = (await contract.browser.get(f"{API}/ingest/status/{job_id}")).json()
            if holds(status):
                return status
            await asyncio.sleep(0.05)


async def commanded(contract: Contract, job_id: str, what: str, **body: Any) -> Status:
    answer = await contract.browser.post(f"{API}/ingest/jobs/{job_id}/{what}", json=body or None)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def test_a_held_job_stands_still_goes_on_and_ends_early(
    contract: Contract, collection: str, library: Path
) -> None:
    job_id = await submitted(contract, library, collection)
    await status_once(contract, job_id, lambda now: now["processed_files"] > 0)

    assert (await commanded(contract, job_id, "pause"))["state"] == "paused"
    held = await status_once(contract, job_id, lambda now: now["state"] == "paused")
    drained = await stands_still(contract, job_id)
    assert (held["status"], drained["state"]) == ("running", "paused")
    assert 0 < drained["processed_files"] < FILES

    assert (await commanded(contract, job_id, "resume"))["state"] == "running"
    await status_once(contract, job_id, lambda now: now["processed_files"] > drained["processed_files"])

    assert (await commanded(contract, job_id, "cancel"))["state"] == "cancelling"
    over = await ended(contract.browser, job_id)
    counts = over["counts"]
    assert (over["status"], over["state"]) == ("failed", "cancelled")
    assert counts["stored"] + counts["skipped"] == counts["total"] == FILES
    skipped = (await contract.browser.get(f"{API}/ingest/jobs/{job_id}/files?outcome=skipped")).json()[
        "items"
    ]
    assert {file["code"] for file in skipped} == {"cancelled"}
    info = (await contract.browser.get(f"{API}/collections/{collection}/info")).json()
    assert info["points_count"] == counts["stored"]
    again = await ended(contract.browser, (await commanded(contract, job_id, "retry"))["job_id"])
    assert again["counts"]["stored"] == counts["skipped"]
    nothing = await contract.browser.post(f"{API}/ingest/jobs/{again['job_id']}/retry")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_retry")


async def stands_still(contract: Contract, job_id: str) -> Status:
    """The status once nothing has changed for a second: what was under way is finished."""
    before: Status = {"counts": None}
    async with asyncio.timeout(LIMIT_S):
        while True:
            now = await status_once(contract, job_id, lambda _: True)
            if now["counts"] == before["counts"]:
                return now
            before = now
            await asyncio.sleep(1)


async def test_what_failed_is_gone_through_again_as_a_job_of_its_own(
    contract: Contract, collection: str, tmp_path: Path
) -> None:
    (tmp_path / "good.jpg").write_bytes(photos.jpeg(320, 200))
    (tmp_path / "cut.jpg").write_bytes(photos.truncated(photos.jpeg()))
    (tmp_path / "notes.txt").write_text("no photo")
    first = await ended(contract.browser, await submitted(contract, tmp_path, collection))
    assert first["error_counts"] == {"truncated_image": 1}
    assert first["skipped_counts"] == {"unsupported_type": 1}
    assert first["result"]["total_failed"] == len(first["result"]["failed_files"]) == 2

    (tmp_path / "cut.jpg").write_bytes(photos.jpeg())
    taken = await commanded(contract, first["job_id"], "retry", codes=["truncated_image"])
    second = await ended(contract.browser, taken["job_id"])

    assert taken["retry_of"] == second["retry_of"] == first["job_id"]
    assert (second["status"], second["collection"]) == ("completed", collection)
    assert second["counts"]["total"] == second["counts"]["stored"] == 1
    (stored,) = second["result"]["processed_files"]
    assert stored["file"] == str(tmp_path / "cut.jpg")
