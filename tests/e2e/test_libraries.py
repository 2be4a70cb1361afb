"""docs/libraries.md as written, in a whole system: a folder that is watched, and what is found of it when."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sync_at_scale import picture
from tests.support.system import Process, finished, system

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
API = "/api/v1"
SECONDS = 240.0
DROPS = 10


@dataclass
class Nas:
    """A folder of photos, a system that follows it as the page says, and how to ask it."""

    photos: Path
    running: Process
    client: httpx.AsyncClient
    message: str

    async def seconds_until(self, name: str, *, there: bool = True) -> float:
        """How long it takes until the photo is found, or no more."""
        began = time.monotonic()
        async with asyncio.timeout(SECONDS):
            while (await self.count(name) > 0) is not there:
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def count(self, name: str) -> int:
        requested = {"query": Path(name).stem, "mode": "words", "limit": 50}
        answer = await self.client.post(f"{API}/search", json=requested)
        hits = answer.raise_for_status().json()["results"]
        return sum(hit["payload"]["filename"] == name for hit in hits)

    async def jobs(self) -> list[dict[str, Any]]:
        answer = await self.client.get(f"{API}/ingest/jobs", params={"limit": 200})
        return [job for job in answer.raise_for_status().json()["items"] if job["library_id"]]


def lines_of(title: str) -> str:
    """The commands below a title of the page."""
    page = (ROOT / "docs" / "libraries.md").read_text()
    found = re.search(rf"### {re.escape(title)}\n.*?```bash\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


async def run(lines: str, running: Process, home: Path, **environment: str) -> str:
    """What the lines print, run by a shell as a person would, with `sluice` on its path."""
    command = home / "bin" / "sluice"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n')
    command.chmod(0o755)
    ours = {"SLUICE_URL": running.base_url, "PATH": f"{command.parent}:{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", lines, cwd=ROOT, env=os.environ | ours | environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, out.decode()
    return out.decode()


@pytest.fixture(scope="module")
async def nas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nas]:
    home = tmp_path_factory.mktemp("nas")
    photos = home / "photos"
    (photos / "drafts").mkdir(parents=True)
    for number in range(20):
        (photos / f"first{number}.jpg").write_bytes(picture(number))
    (photos / "drafts" / "draft.jpg").write_bytes(picture(1000))
    async with (
        system(home / "data") as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=60.0) as client,
    ):
        message = await run(
            lines_of("A NAS folder, watched, and compared each night"), running, home, PHOTOS=str(photos)
        )
        yield Nas(photos, running, client, message)


async def test_the_folder_is_followed_as_the_page_says(nas: Nas) -> None:
    assert f"library family follows {nas.photos} into collection family" in nas.message
    assert "24 h" in nas.message
    await nas.seconds_until("first19.jpg")
    assert await nas.count("draft.jpg") == 0


async def test_what_is_dropped_is_found_and_what_is_deleted_is_not(nas: Nas) -> None:
    await nas.seconds_until("first0.jpg")
    took = []
    for number in range(DROPS):
        name = f"dropped{number}.jpg"
        (nas.photos / name).write_bytes(picture(2000 + number))
        took.append(await nas.seconds_until(name))
    print(f"\nfound after {sorted(round(each, 2) for each in took)} s; load {os.getloadavg()}")
    (nas.photos / "dropped0.jpg").unlink()
    await nas.seconds_until("dropped0.jpg", there=False)


async def test_a_burst_of_a_thousand_is_one_job(nas: Nas) -> None:
    await nas.seconds_until("first0.jpg")
    before = {job["job_id"] for job in await nas.jobs()}
    staged = nas.photos.parent / "staged"
    staged.mkdir()
    for number in range(1000):
        (staged / f"burst{number}.jpg").write_bytes(picture(5000 + number))
    for path in staged.iterdir():
        path.rename(nas.photos / path.name)
    await nas.seconds_until("burst999.jpg")
    new = [job for job in await nas.jobs() if job["job_id"] not in before]
    assert len(new) == 1
    ended = await finished(nas.client, new[0]["job_id"], SECONDS)
    assert (ended["counts"]["stored"], ended["counts"]["failed"]) == (1000, 0)
