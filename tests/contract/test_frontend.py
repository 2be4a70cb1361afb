"""What the web frontend sends, the fields that it reads, and the commands of the document of the seed."""

import asyncio
import shutil
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract import seed_commands as seed
from tests.contract.conftest import FRONTEND, Contract
from tests.contract.shapes import NUMBER, check
from tests.support import photos
from tests.support.waiting import LIMIT_S

API = "/api/v1"
STATUS = {
    "status": str,
    "message": str,
    "progress": NUMBER,
    "logs": [{"timestamp": str, "level": str, "message": str}],
    "errors": [str],
    "exact_duplicates": [
        {"file_path": str, "existing_id": str, "existing_payload": {"thumbnail_base64": str}}
    ],
    "processed_files": int,
    "cached_files": int,
    "total_files": int,
}


async def ended(browser: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job's last status, each one on the way checked as the frontend polls it."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            status: dict[str, Any] = (await browser.get(f"{API}/ingest/status/{job_id}")).json()
            check(status, STATUS)
            assert 0 <= status["progress"] <= 100
            if status["status"] in ("completed", "failed"):
                return status
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def ingested(contract: Contract) -> dict[str, Any]:
    """The folder, ingested into a collection that is selected."""
    browser, body = contract.browser, {"collection_name": "vacation"}
    assert (await browser.post(f"{API}/collections", json=body)).is_success
    assert (await browser.post(f"{API}/collections/select", json=body)).is_success
    answer = await browser.post(f"{API}/ingest/", json={"directory_path": str(contract.photos)})
    assert isinstance(answer.json()["job_id"], str)
    return await ended(browser, answer.json()["job_id"])


@pytest.fixture
async def image(contract: Contract, ingested: dict[str, Any]) -> str:
    """A stored image's id, found as the frontend finds it."""
    assert ingested["status"] == "completed"
    body = {"query": "image1", "limit": 20, "offset": 0, "filters": {}}
    answer = (await contract.browser.post(f"{API}/search", json=body)).json()
    check(answer, {"results": [{"id": str, "payload": {"filename": str}}]})
    return str(answer["results"][0]["id"])


async def test_every_answer_may_be_read_by_the_frontend_s_pages(contract: Contract) -> None:
    for path in ("/health", f"{API}/collections", f"{API}/images/{uuid4()}/info", "/nothing"):
        answer = await contract.browser.get(path)
        assert answer.headers["access-control-allow-origin"] == FRONTEND, path
    preflight = await contract.browser.options(
        f"{API}/ingest/",
        headers={"access-control-request-method": "POST", "access-control-request-headers": "content-type"},
    )
    assert preflight.is_success


async def test_health_is_asked_for_every_30_seconds(contract: Contract) -> None:
    assert (await contract.browser.get("/health")).is_success


async def test_a_finished_job_tells_what_was_stored_and_what_was_there_before(
    contract: Contract, ingested: dict[str, Any]
) -> None:
    check(ingested["result"], {"total_processed": int, "total_failed": int, "total_from_cache": int})
    assert (ingested["processed_files"], ingested["total_files"]) == (3, 4)
    (duplicate,) = ingested["exact_duplicates"]
    assert duplicate["file_path"].startswith(str(contract.photos))
    assert ingested["errors"] == [f"{contract.photos}/unsupported.txt: Skipped non-image file"]


async def test_collections_are_listed_and_described(contract: Contract, ingested: dict[str, Any]) -> None:
    assert ingested
    names = (await contract.browser.get(f"{API}/collections")).json()
    info = (await contract.browser.get(f"{API}/collections/vacation/info")).json()

    check(names, [str])
    assert "vacation" in names
    check(
        info,
        {
            "name": str, "status": str, "points_count": int, "vectors_count": int,
            "indexed_vectors_count": int, "config": {"vector_size": int, "distance": str},
            "sample_points": [{"id": str, "filename": str, "has_thumbnail": bool, "has_caption": bool}],
            "is_active": bool,
        },
    )  # fmt: skip
    assert (info["points_count"], len(info["sample_points"])) == (3, 3)


async def test_an_image_s_page_reads_all_its_fields(contract: Contract, image: str) -> None:
    info = (await contract.browser.get(f"{API}/images/{image}/info")).json()

    check(
        info,
        {
            "id": str, "filename": str, "full_path": str, "caption": str, "tags": list, "file_hash": str,
            "width": int, "height": int, "format": str, "mode": str, "has_thumbnail": bool, "exif": dict,
        },
    )  # fmt: skip


async def test_an_image_optimizer_gets_bytes_and_no_redirect(contract: Contract, image: str) -> None:
    """It sends no Origin and follows no redirects."""
    async with httpx.AsyncClient(base_url=contract.base_url, follow_redirects=False) as optimizer:
        for what in ("thumbnail", "image"):
            answer = await optimizer.get(f"{API}/images/{image}/{what}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
            assert answer.content[:3] == b"\xff\xd8\xff"


async def test_a_search_by_a_picture_is_read_like_one_by_text(
    contract: Contract, ingested: dict[str, Any]
) -> None:
    assert ingested
    answer = await contract.browser.post(
        f"{API}/search/image?limit=20&offset=0",
        files={"file": ("q.jpg", (contract.photos / "image1.jpg").read_bytes(), "image/jpeg")},
    )

    check(answer.json(), {"results": [{"id": str, "score": NUMBER, "payload": {"filename": str}}]})
    assert len(answer.json()["results"]) == 3


async def test_a_folder_from_a_picker_is_uploaded_and_shown_by_its_own_names(
    contract: Contract, ingested: dict[str, Any]
) -> None:
    assert ingested
    photo = photos.png(321, 201)
    files = [
        ("files", ("updir/sub/b.png", photo, "image/png")),
        ("files", ("updir/.DS_Store", b"\0\0\0\1Bud1", "application/octet-stream")),
        ("files", ("updir/notes.txt", b"text", "text/plain")),
    ]

    answer = await contract.browser.post(f"{API}/ingest/upload", files=files)
    status = await ended(contract.browser, answer.json()["job_id"])

    assert isinstance(answer.json()["job_id"], str)
    assert [file["file"] for file in status["result"]["processed_files"]] == ["updir/sub/b.png"]
    assert [file["file"] for file in status["result"]["failed_files"]] == ["updir/notes.txt"]
    assert status["errors"] == ["updir/notes.txt: Skipped non-image file"]
    points = (await contract.browser.get(f"{API}/ingest/jobs/{status['job_id']}/files?outcome=stored")).json()
    info = (await contract.browser.get(f"{API}/images/{points['items'][0]['id']}/info")).json()
    shown = await contract.browser.get(f"{API}/images/{info['id']}/image")
    assert info["filename"] == "b.png"
    assert shown.content == photo


async def test_recent_jobs_are_by_collection(contract: Contract, ingested: dict[str, Any]) -> None:
    recent = (await contract.browser.get(f"{API}/ingest/recent_jobs")).json()

    assert isinstance(recent["vacation"], str)
    assert ingested["job_id"] in [
        job["job_id"] for job in (await contract.browser.get(f"{API}/ingest/jobs")).json()["items"]
    ]


@pytest.mark.parametrize("threshold", [0.98, "vacation"])
async def test_near_duplicates_are_found_also_with_a_name_for_a_threshold(
    contract: Contract, ingested: dict[str, Any], threshold: object
) -> None:
    assert ingested
    body = {"threshold": threshold, "limit_per_image": 10}
    answer = await contract.browser.post(f"{API}/duplicates/find-similar", json=body)
    task_id = answer.json()["task_id"]
    async with asyncio.timeout(LIMIT_S):
        while True:
            report = (await contract.browser.get(f"{API}/duplicates/report/{task_id}")).json()
            check(report, {"status": str, "progress": NUMBER})
            if report["status"] in ("completed", "failed"):
                break
            await asyncio.sleep(0.2)

    point = {"id": str, "score": NUMBER, "payload": {"filename": str, "thumbnail_base64": str}}
    check(report, {"results": [{"group_id": (str, int), "points": [point]}]})
    assert report["status"] == "completed"
    assert any(len(group["points"]) >= 2 for group in report["results"])


async def test_curation_status_is_by_collection(contract: Contract, ingested: dict[str, Any]) -> None:
    assert ingested
    found = (await contract.browser.get(f"{API}/duplicates/curation-status")).json()

    assert isinstance(found, dict)
    assert set(found.values()) <= {"running", "completed", "failed"}


async def test_points_can_be_copied_into_a_new_collection(contract: Contract, image: str) -> None:
    body = {"new_collection_name": "chosen", "source_collection": "vacation", "point_ids": [image]}

    assert (await contract.browser.post(f"{API}/collections/from_selection", json=body)).is_success
    info = (await contract.browser.get(f"{API}/collections/chosen/info")).json()

    assert info["points_count"] == 1
    merge = {"dest_collection": "chosen", "source_collections": ["vacation"]}
    assert (await contract.browser.post(f"{API}/collections/merge", json=merge)).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/collections", {"collection_name": "no/good"}),
        ("POST", "/collections", {}),
        ("POST", "/collections/select", {"collection_name": "nobody"}),
        ("GET", "/images/no-uuid/info", None),
        ("POST", "/ingest/", {"directory_path": "/nowhere"}),
        ("POST", "/ingest/", {"directory_path": 5}),
        ("GET", "/ingest/status/none", None),
        ("POST", "/search", {"query": "", "limit": 1000}),
        ("POST", "/ingest/upload", {}),
        ("GET", "/nothing", None),
    ],
)
async def test_detail_is_a_string_whatever_is_wrong(
    contract: Contract, method: str, path: str, body: dict[str, object] | None
) -> None:
    """A list there white-screens the frontend."""
    answer = await contract.browser.request(method, f"{API}{path}", json=body)

    assert answer.status_code in (400, 404, 422)
    assert isinstance(answer.json()["detail"], str)
    assert answer.json()["detail"]


async def test_the_benchmark_script_polls_until_the_job_has_ended(contract: Contract) -> None:
    """It creates, selects, starts /ingest/scan, and reads status, progress and result, without an Origin."""
    async with httpx.AsyncClient(base_url=contract.base_url, timeout=10) as script:
        body = {"collection_name": "benchmark"}
        await script.post(f"{API}/collections", json=body)
        await script.post(f"{API}/collections/select", json=body)
        started = await script.post(f"{API}/ingest/scan", json={"directory_path": str(contract.photos)})
        status = await ended(script, started.json()["job_id"])
        await script.post(f"{API}/collections/select", json={"collection_name": "vacation"})

    check(status["result"], {"total_processed": int, "total_failed": int})
    assert (status["status"], status["progress"]) == ("completed", 100)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_examples_of_the_seed_give_what_they_say(contract: Contract) -> None:
    await seed.run(contract, seed.CREATE)
    await seed.run(contract, seed.CREATE_EUCLID)
    names = await seed.run(contract, seed.LIST)
    config = (await contract.browser.get("/api/v1/collections/my_other_photos/info")).json()["config"]
    await seed.run(contract, seed.SELECT)
    scanned = await seed.run(contract, seed.SCAN)
    report = await ended(contract.browser, scanned["job_id"])
    uploaded = await seed.run(contract, seed.UPLOAD)
    await ended(contract.browser, uploaded["job_id"])
    status = await seed.run(contract, seed.STATUS.replace("your-job-id-here", uploaded["job_id"]))
    await seed.run(contract, seed.CLEAR)
    await seed.run(contract, seed.DELETE)

    assert {"my_photo_collection", "my_other_photos"} <= set(names)
    assert config == {"vector_size": 768, "distance": "Euclid"}
    assert status["status"] == "completed"
    assert status["result"]["total_processed"] == 2
    assert "my_photo_collection" not in await seed.run(contract, seed.LIST)
    result = report["result"]
    assert (result["total_processed"], result["total_failed"]) == (3, 1)
    assert {file["source"] for file in result["processed_files"]} <= {"batch_ml", "cache"}
    assert set(result["processed_files"][0]["details"]) == {"caption", "full_path"}
    (failed,) = result["failed_files"]
    assert failed["file"] == str(contract.photos / "unsupported.txt")
    assert (failed["error"], failed["details"]) == ("Skipped non-image file", "File type not supported")
