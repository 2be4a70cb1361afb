"""A dashboard of its own whose gateway goes away and comes back: pages say so, and go on by themselves."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from cli import samples
from tests.support.browser import MS, NEEDED
from tests.support.system import Process, free_port, new_collection, submit, system
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(600)]


@asynccontextmanager
async def dashboard(gateway_url: str) -> AsyncIterator[str]:
    """The dashboard as a process of its own; its address."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.dashboard",
        env={**os.environ, "GATEWAY_URL": gateway_url, "PORT": str(port)},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    return (await client.get(f"{url}/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers)
        yield url
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 60)


async def test_a_page_of_jobs_outlives_its_gateway(tmp_path: Path, page: Page) -> None:
    samples.make(tmp_path / "samples")
    port = str(free_port())
    away = page.get_by_text("The gateway does not answer; this page goes on by itself.")

    @asynccontextmanager
    async def gateway() -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
        async with (
            system(tmp_path / "data", PORT=port) as process,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        ):
            yield process, http

    async with dashboard(f"http://127.0.0.1:{port}") as url:
        async with gateway() as (process, http):
            await new_collection(http, "samples")
            await submit(http, tmp_path / "samples")
            await page.goto(f"{url}/ui/jobs")
            await expect(page.locator(".sl-line")).to_have_count(1, timeout=MS)
            await process.stop()
            await expect(away).to_be_visible(timeout=MS)
            await expect(page.locator(".sl-line")).to_have_count(1)
        async with gateway() as (_, http):
            await expect(away).to_be_hidden(timeout=MS)
            await submit(http, tmp_path / "samples" / "photos")
            await expect(page.locator(".sl-line")).to_have_count(2, timeout=MS)


async def test_a_page_that_could_not_be_loaded_tries_again_by_itself(tmp_path: Path, page: Page) -> None:
    port = str(free_port())
    async with dashboard(f"http://127.0.0.1:{port}") as url:
        await page.goto(f"{url}/ui/jobs")
        await expect(page.get_by_text("the gateway does not answer")).to_be_visible(timeout=MS)
        async with system(tmp_path / "data", PORT=port):
            await expect(page.get_by_text("No jobs yet")).to_be_visible(timeout=MS)
