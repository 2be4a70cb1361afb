"""The timeline over 100,000 photos: how long a place in it stays blank, and a search until it is painted.

Limits are those of a quiet machine, times the share of two cores that others take (`load`).
"""

import os
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support import large_library
from tests.support.browser import MS, NEEDED
from tests.support.system import system

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(1800)]

BLANK_MS = 300
SEARCH_MS = 500
FIRST_VIEW_MS = 2000
PLACES = 12
_BLANK = """async (to) => {
  scrollTo(0, to);
  const began = performance.now();
  const inView = (tile) => {
    const box = tile.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  for (;;) {
    await new Promise(requestAnimationFrame);
    const tiles = [...document.querySelectorAll(".sl-tile")].filter(inView);
    const painted = tiles.length && tiles.every((tile) => tile.querySelector("img")?.complete);
    if (painted || performance.now() - began > 20000) return performance.now() - began;
  }
}"""
_SEARCHED = """async (word) => {
  const began = performance.now();
  document.querySelector(".sl-search").requestSubmit();
  for (;;) {
    await new Promise(requestAnimationFrame);
    const isNew = document.querySelector(".sl-found > p")?.textContent.includes(word);
    const images = [...document.querySelectorAll(".sl-photo img")].slice(0, 40);
    const painted = isNew && images.length && images.every((image) => image.complete);
    if (painted || performance.now() - began > 20000) return performance.now() - began;
  }
}"""


def load() -> float:
    """By how much a busy machine slows what is measured: 1 on a quiet one."""
    return max(1.0, os.getloadavg()[0])


async def test_a_timeline_of_100_000_photos_is_filled_wherever_one_jumps(tmp_path: Path, page: Page) -> None:
    await large_library.fill(tmp_path / "data" / "store")
    (tmp_path / "data").chmod(0o700)
    async with (
        system(tmp_path / "data") as process,
        httpx.AsyncClient(base_url=process.base_url, timeout=60) as http,
    ):
        selected = {"collection_name": large_library.NAME}
        (await http.post("/api/v1/collections/select", json=selected)).raise_for_status()
        await page.goto(f"{process.base_url}/ui/library")
        await expect(page.locator(".sl-tile img").first).to_be_visible(timeout=MS)
        first = await _first_view(page)
        height = await page.evaluate("document.documentElement.scrollHeight")
        jumps = [await page.evaluate(_BLANK, height * (place + 0.5) / PLACES) for place in range(PLACES)]
        tiles = await page.locator(".sl-tile").count()
        search = await _searched(page)
        shown = [round(each) for each in jumps]
        print(f"first view {first:.0f} ms, jumps {shown} ms, search {search:.0f} ms, load {load():.1f}")
        assert tiles < 300
        assert sorted(jumps)[PLACES // 2] < BLANK_MS * load()
        assert first < FIRST_VIEW_MS * load()
        assert search < SEARCH_MS * load()


async def _first_view(page: Page) -> float:
    await page.reload()
    await expect(page.locator(".sl-tile img").first).to_be_visible(timeout=MS)
    return float(await page.evaluate("performance.now()"))


async def _searched(page: Page) -> float:
    """Milliseconds from Enter to the hits in view being painted, the second time."""
    found = 0.0
    for word in ("river", "mountain"):
        await page.get_by_role("searchbox", name="Search").fill(word)
        found = float(await page.evaluate(_SEARCHED, word))
    return found
