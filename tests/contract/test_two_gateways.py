"""Two gateways side by side: what is written through one is read from the other at once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"


class Pair:
    """The two, each to write through once with the other to read from."""

    def __init__(self, writer: httpx.AsyncClient, reader: httpx.AsyncClient) -> None:
        self._writer = writer
        self._reader = reader

    async def write(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = await self._writer.request(method, API + path, **options)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def read(self, path: str) -> Any:
        answer = await self._reader.get(API + path)
        assert answer.is_success, answer.text
        return answer.json()

    async def fails(self, path: str) -> str:
        return str((await self._reader.get(API + path)).json()["code"])


@pytest.fixture(params=["first writes", "second writes"])
async def pair(request: pytest.FixtureRequest, gateways: tuple[str, str]) -> AsyncIterator[Pair]:
    async with (
        httpx.AsyncClient(base_url=gateways[0], timeout=LIMIT_S) as one,
        httpx.AsyncClient(base_url=gateways[1], timeout=LIMIT_S) as two,
    ):
        yield Pair(one, two) if request.param == "first writes" else Pair(two, one)


@pytest.fixture
async def collection(pair: Pair) -> str:
    """A new collection that is the active one."""
    name = f"c{uuid4().hex[:8]}"
    await pair.write("POST", "/collections", json={"collection_name": name})
    await pair.write("POST", "/collections/select", json={"collection_name": name})
    return name


async def test_collections_are_the_same_on_both(pair: Pair, collection: str) -> None:
    for _ in range(5):
        other = f"c{uuid4().hex[:8]}"
        await pair.write("POST", "/collections", json={"collection_name": other})
        assert other in await pair.read("/collections")
        await pair.write("POST", "/collections/select", json={"collection_name": other})
        assert (await pair.read("/capabilities"))["active_collection"] == other
        assert (await pair.read(f"/collections/{collection}/info"))["is_active"] is False
        cleared = await pair.write("POST", "/collections/cache/clear")
        assert (await pair.read(f"/collections/{other}/info"))["cache_cleared_at"] == cleared["cleared_at"]
        await pair.write("DELETE", f"/collections/{other}")
        assert other not in await pair.read("/collections")
        assert await pair.fails("/random") == "no_collection_selected"


async def test_jobs_are_the_same_on_both(pair: Pair, collection: str, tmp_path: Path) -> None:
    for _ in range(5):
        job_id = (await pair.write("POST", "/ingest/", json={"directory_path": str(tmp_path)}))["job_id"]
        assert (await pair.read(f"/ingest/status/{job_id}"))["collection"] == collection
        assert (await pair.read("/ingest/jobs?limit=1"))["items"][0]["job_id"] == job_id
        assert (await pair.read("/ingest/recent_jobs"))[collection] == job_id
        assert (await pair.read(f"/ingest/jobs/{job_id}/files"))["items"] == []


async def test_an_upload_through_one_is_a_job_on_the_other(pair: Pair, collection: str) -> None:
    taken = await pair.write("POST", "/ingest/upload", files={"files": ("a.jpg", b"1")})

    assert (await pair.read(f"/ingest/status/{taken['job_id']}"))["collection"] == collection


async def test_tasks_are_the_same_on_both(pair: Pair, collection: str) -> None:
    task_id = (await pair.write("POST", "/duplicates/find-similar", json={}))["task_id"]

    assert (await pair.read(f"/tasks/{task_id}"))["task_id"] == task_id
    assert (await pair.read("/duplicates/curation-status"))[collection] == "running"


async def test_the_gateways_know_of_each_other(pair: Pair) -> None:
    found = [one["instance"] for one in await pair.read("/services") if one["state"] == "ready"]

    assert {"gateway-one", "gateway-two"} <= set(found)
