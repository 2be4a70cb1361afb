"""The dashboard in a real browser, on a running system with real photos: the first evening of a new user."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from cli import samples
from tests.support.system import Process, system

CHROMIUM = shutil.which("chromium")
MS = 90_000
"""On a busy machine; on a quiet one each step takes well under a second."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Process, Path]]:
    """A system that has nothing yet, and the samples."""
    home = tmp_path_factory.mktemp("dashboard")
    samples.make(home / "samples")
    async with system(home / "data", SCAN_ROOTS=str(home / "samples")) as process:
        yield process, home / "samples"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = await browser.new_page()
        opened.set_default_timeout(MS)
        yield opened
        await browser.close()


async def test_the_first_photos_are_added_found_and_their_copies_archived_and_restored(
    running: tuple[Process, Path], page: Page
) -> None:
    process, folder = running
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if is_outside(request.url) else None)

    await page.goto(process.base_url)
    await expect(page).to_have_url(re.compile("/ui/$"), timeout=MS)
    await page.get_by_role("button", name="Add photos").click()
    await page.get_by_label("Folder", exact=True).fill(str(folder))
    await page.get_by_role("button", name="Scan", exact=True).click()

    await expect(page).to_have_url(re.compile("/ui/jobs/"), timeout=MS)
    await expect(page.get_by_text("Completed: 21 stored")).to_be_visible(timeout=MS)
    await expect(page.get_by_text("the file ends too early")).to_be_visible()

    await page.goto(f"{process.base_url}/ui/library?q=chelsea")
    first = page.locator(".sl-photo").first
    await expect(first).to_have_attribute("title", "chelsea.png", timeout=MS)
    await first.click()
    await expect(page.get_by_role("link", name="Download the original")).to_be_visible(timeout=MS)

    await page.goto(f"{process.base_url}/ui/duplicates")
    await page.get_by_role("button", name="Archive 1 copy").click()
    await expect(page.get_by_text("1 file would move")).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_text("No photo of this collection is stored twice")).to_be_visible(timeout=MS)
    assert (folder / "variants" / "_VibeDuplicates" / "china copy.jpg").is_file()
    await page.get_by_role("link", name="Archived").click()
    await page.get_by_role("button", name="Restore").click()
    await page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    await expect(page.get_by_text("1 file put back")).to_be_visible(timeout=MS)
    await page.get_by_role("link", name="Identical").click()
    await expect(page.get_by_role("button", name="Archive 1 copy")).to_be_visible(timeout=MS)
    assert (folder / "variants" / "china copy.jpg").is_file()

    assert elsewhere == []


async def test_every_page_can_be_opened_by_its_address(running: tuple[Process, Path], page: Page) -> None:
    process, _ = running
    for path, title in {
        "/ui/": "Overview", "/ui/jobs": "Jobs", "/ui/add": "Add photos", "/ui/library?q=x": "Library",
        "/ui/duplicates": "Duplicates", "/ui/map": "Map", "/ui/collections": "Collections",
        "/ui/libraries": "Followed folders",
    }.items():  # fmt: skip
        await page.goto(process.base_url + path)
        await expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=MS)
        await expect(page.locator("nav a[aria-current=page]")).to_have_text(title)


def is_outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:"))
