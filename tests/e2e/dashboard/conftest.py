"""One running system with the samples a file of tests, and a browser a test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page

from cli import samples
from tests.support.browser import browsing
from tests.support.system import Process, finished, new_collection, submit, system


@dataclass(frozen=True)
class Shown:
    """A running system, the folder that its roots allow, and the client of a program next to the browser."""

    process: Process
    folder: Path
    http: httpx.AsyncClient

    def url(self, path: str) -> str:
        """A page of the dashboard."""
        return f"{self.process.base_url}/ui{path}"

    async def samples(self) -> str:
        """The samples ingested into a collection that is selected then; the id of the job."""
        await new_collection(self.http, "samples")
        job = await submit(self.http, self.folder)
        await finished(self.http, job)
        return job


@pytest.fixture(scope="module")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    """A system that has nothing yet."""
    home = tmp_path_factory.mktemp("dashboard")
    samples.make(home / "samples")
    async with (
        system(home / "data", SCAN_ROOTS=str(home / "samples")) as process,
        httpx.AsyncClient(base_url=process.base_url, timeout=60) as http,
    ):
        yield Shown(process, home / "samples", http)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page at the size of a desktop."""
    async with browsing() as opened:
        yield opened
