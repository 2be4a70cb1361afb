"""A collection gets another model: searched all the while, whatever is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.support.photos import real_photos
from tests.support.shell import Shell
from tests.support.system import Process, finished, new_collection, submit, system
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow

API = "/api/v1"
NAME = "photos"
MODEL = f"{API}/collections/{NAME}/model"


@dataclass
class Searches:
    """A search for coffee again and again: how many hits each had, and which model found them."""

    hits: list[int] = field(default_factory=list)
    models: set[str | None] = field(default_factory=set)

    @asynccontextmanager
    async def running(self, client: httpx.AsyncClient) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run(client))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, client: httpx.AsyncClient) -> None:
        while True:
            try:
                answer = await client.post(f"{API}/search", json={"query": "coffee", "limit": 5})
            except httpx.TransportError:
                return  # it was killed
            if answer.status_code == 200:
                self.hits.append(len(answer.json()["results"]))
                self.models.add(answer.json()["model"])
            await asyncio.sleep(0.05)


def photos(folder: Path, noise: int = 0) -> Path:
    folder.mkdir()
    for path in real_photos():
        Image.open(path).convert("RGB").save(folder / f"{path.stem}.jpg", quality=90)
    for number in range(noise):
        Image.effect_noise((200, 200), 8 + number).convert("RGB").save(folder / f"noise{number:03}.jpg")
    return folder


def client_of(running: Process) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S)


async def ask(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> Any:
    answer = await client.request(method, path, **options)
    assert answer.is_success, answer.text
    return answer.json()


async def first_hit(client: httpx.AsyncClient) -> tuple[str, str | None]:
    found = await ask(
        client, "POST", f"{API}/search", json={"query": "espresso", "mode": "meaning", "limit": 1}
    )
    return found["results"][0]["payload"]["filename"], found["model"]


async def test_it_is_searched_by_the_old_one_until_all_is_there_and_can_be_switched_back(
    tmp_path: Path,
) -> None:
    folder = photos(tmp_path / "photos")
    async with system(tmp_path / "data", ML_MODEL="lite") as running, client_of(running) as client:
        await new_collection(client, NAME)
        before = await finished(client, await submit(client, folder))
        ids = await ask(client, "GET", f"{API}/ingest/jobs/{before['job_id']}/files", params={"limit": 1000})
        searches = Searches()
        async with searches.running(client):
            taken = await ask(client, "POST", MODEL, json={"model": "labels"})
            again = await ask(client, "POST", MODEL, json={"model": "labels"})
            assert again["job_id"] == taken["job_id"]
            late = tmp_path / "late"
            late.mkdir()
            Image.new("RGB", (320, 240), "navy").save(late / "late.jpg")
            meanwhile = await finished(client, await submit(client, late))
            filled = await finished(client, taken["job_id"])
        assert (filled["state"], filled["counts"]["failed"]) == ("completed", 0)
        assert meanwhile["state"] == "completed"
        count = before["counts"]["stored"]
        assert searches.hits
        assert min(searches.hits) > 0
        # Words find the place of a file too: by meaning only the new model knows what an espresso is.
        assert (await first_hit(client))[0] == "coffee.jpg"
        now = await ask(client, "GET", MODEL)
        assert (now["present"]["model"], now["present"]["points"]) == ("labels", count + 1)
        assert (now["filling"], now["previous"]["model"], now["previous"]["points"]) == (None, "lite", count)
        files = await ask(client, "GET", f"{API}/ingest/jobs/{taken['job_id']}/files", params={"limit": 1000})
        assert {each["id"] for each in files["items"]} >= {each["id"] for each in ids["items"]}
        assert await ask(client, "GET", f"{API}/collections") == [NAME]
        info = await ask(client, "GET", f"{API}/collections/{NAME}/info")
        assert (info["config"]["vector_size"], info["points_count"]) == (1280, count + 1)

        sluice = Shell(running, tmp_path)
        back = (await sluice("collections", "model", NAME, "--switch", "previous", "--json")).body()
        assert (back["present"]["model"], back["previous"]["model"]) == ("lite", "labels")
        assert (await ask(client, "GET", f"{API}/collections/{NAME}/info"))["points_count"] == count
        await ask(client, "POST", f"{MODEL}/previous/switch")
        refused = await client.post(MODEL, json={"model": "lite"})
        assert (refused.status_code, refused.json()["code"]) == (409, "collection_busy")
        await ask(client, "DELETE", f"{MODEL}/previous")
        assert (await ask(client, "GET", MODEL))["previous"] is None
        unknown = await client.post(MODEL, json={"model": "/etc"})
        assert (unknown.status_code, unknown.json()["code"]) == (400, "model_unavailable")
        same = await client.post(MODEL, json={"model": "labels"})
        assert (same.status_code, same.json()["code"]) == (422, "invalid_request")
        await ask(client, "DELETE", f"{API}/collections/{NAME}")
        assert await ask(client, "GET", f"{API}/collections") == []


@pytest.mark.slow
async def test_it_goes_on_after_kills_and_search_is_never_empty(tmp_path: Path) -> None:
    folder, searches = photos(tmp_path / "photos", noise=150), Searches()
    async with system(tmp_path / "data", ML_MODEL="lite") as running, client_of(running) as client:
        await new_collection(client, NAME)
        count = (await finished(client, await submit(client, folder)))["counts"]["stored"]
        job = (await ask(client, "POST", MODEL, json={"model": "labels"}))["job_id"]
        async with searches.running(client):
            await asyncio.sleep(0.3)
            running.kill()
    for seconds in (0.5, 1.0, 2.0, 0.2):
        async with (
            system(tmp_path / "data", ML_MODEL="lite") as running,
            client_of(running) as client,
            searches.running(client),
        ):
            await asyncio.sleep(seconds)
            running.kill()
    async with system(tmp_path / "data", ML_MODEL="lite") as running, client_of(running) as client:
        async with searches.running(client):
            done = await finished(client, job)
            await asyncio.sleep(0.2)
        assert (done["state"], done["counts"]["stored"]) == ("completed", count)
        now = await ask(client, "GET", MODEL)
        assert (now["present"]["model"], now["present"]["points"], now["filling"]) == ("labels", count, None)
        assert now["previous"]["points"] == count
        assert (await first_hit(client))[0] == "coffee.jpg"
    assert searches.hits
    assert min(searches.hits) > 0
