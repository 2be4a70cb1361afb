"""The dashboard in a real browser, on a running system with real photos: the first evening of a new user."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.dashboard.conftest import Shown
from tests.support.browser import MS, NEEDED, is_outside

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(400)]


async def test_the_first_photos_are_added_found_and_their_copies_archived_and_restored(
    shown: Shown, page: Page
) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if is_outside(request.url) else None)

    await page.goto(shown.process.base_url)
    await expect(page).to_have_url(re.compile("/ui/$"), timeout=MS)
    await page.get_by_role("button", name="Add photos").click()
    await expect(page.get_by_label("Folder", exact=True)).to_have_value(str(shown.folder), timeout=MS)
    await page.get_by_role("button", name="Scan", exact=True).click()

    await expect(page).to_have_url(re.compile("/ui/jobs/"), timeout=MS)
    await expect(page.get_by_text("Completed: 21 stored")).to_be_visible(timeout=MS)
    await expect(page.get_by_text("the file ends too early")).to_be_visible()
    await page.get_by_role("button", name="List them").click()
    await expect(page).to_have_url(re.compile("code=truncated_image"), timeout=MS)
    await page.reload()
    await expect(page.get_by_role("button", name="List all failures")).to_be_visible(timeout=MS)
    await expect(page.get_by_text("broken/truncated.jpg")).to_be_visible()

    await page.goto(shown.url("/library?q=chelsea"))
    first = page.locator(".sl-photo").first
    await expect(first).to_have_attribute("title", "chelsea.png", timeout=MS)
    await first.click()
    await expect(page.get_by_role("link", name="Download the original")).to_be_visible(timeout=MS)

    await page.goto(shown.url("/duplicates"))
    await page.get_by_role("button", name="Archive 1 copy").click()
    await expect(page.get_by_text("1 file would move")).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_text("No photo of this collection is stored twice")).to_be_visible(timeout=MS)
    assert (shown.folder / "variants" / "_VibeDuplicates" / "china copy.jpg").is_file()
    await page.get_by_role("link", name="Archived").click()
    await page.get_by_role("button", name="Restore").click()
    await page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    await expect(page.get_by_text("1 file put back")).to_be_visible(timeout=MS)
    await page.get_by_role("link", name="Identical").click()
    await expect(page.get_by_role("button", name="Archive 1 copy")).to_be_visible(timeout=MS)
    assert (shown.folder / "variants" / "china copy.jpg").is_file()

    assert elsewhere == []


async def test_every_page_can_be_opened_by_its_address(shown: Shown, page: Page) -> None:
    for path, title in {
        "/": "Overview", "/jobs": "Jobs", "/add": "Add photos", "/library?q=x": "Library",
        "/duplicates": "Duplicates", "/map": "Map", "/collections": "Collections",
        "/libraries": "Followed folders",
    }.items():  # fmt: skip
        await page.goto(shown.url(path))
        await expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=MS)
        await expect(page.locator("nav a[aria-current=page]")).to_have_text(title)
