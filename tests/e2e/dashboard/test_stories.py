"""What people do on each page of the dashboard, in a real browser on a running system with real photos."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.dashboard.conftest import Shown
from tests.support.browser import MS, NEEDED
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
async def ready(shown: Shown) -> Shown:
    """A system whose active collection has the samples."""
    await shown.samples()
    return shown


async def names(shown: Shown) -> list[str]:
    return list((await shown.http.get("/api/v1/collections")).json())


async def test_photos_chosen_in_the_timeline_become_a_collection(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/library"))
    await expect(page.locator(".sl-tile").nth(2).locator("img")).to_be_visible(timeout=MS)

    await page.locator(".sl-tile").nth(0).hover()
    await page.locator(".sl-tile").nth(0).locator(".sl-check").click()
    await page.locator(".sl-tile").nth(2).click(modifiers=["Shift"])
    await page.get_by_role("button", name="Make a collection").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("chosen")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_text("chosen has 3 photos")).to_be_visible(timeout=MS)

    info = (await ready.http.get("/api/v1/collections/chosen/info")).json()
    assert info["points_count"] == 3


async def test_similar_photos_are_reviewed_by_the_keyboard_alone(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/duplicates?view=similar"))
    await page.get_by_role("button", name="Find similar photos").click()
    await expect(page).to_have_url(re.compile("task="), timeout=MS)
    await expect(page.get_by_text(re.compile("Group 1 of"))).to_be_visible(timeout=MS)

    await page.keyboard.press("k")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("a")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("would move, 0 would stay")).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_text(re.compile("moved; Archived has the way back"))).to_be_visible(timeout=MS)

    archives = (await ready.http.get("/api/v1/archives")).json()["items"]
    moved = archives[0]["moved"]
    assert moved >= 1
    await expect(page.get_by_text(re.compile("won so far"))).to_be_visible(timeout=MS)
    await page.keyboard.press("u")
    await expect(page.get_by_text(re.compile("won so far"))).to_have_count(0, timeout=MS)
    (undone, *_) = (await ready.http.get("/api/v1/archives")).json()["items"]
    assert (undone["moved"], undone["restored"]) == (0, moved)


async def test_a_folder_is_followed_and_no_more(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/libraries"))
    await page.get_by_role("button", name="Follow a folder").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Family")
    await expect(dialog.get_by_label("Folder", exact=True)).to_have_value(str(ready.folder), timeout=MS)
    await dialog.get_by_role("button", name="Follow", exact=True).click()
    await expect(page.get_by_text("photos of gone files are removed after a look")).to_be_visible(timeout=MS)
    assert [each["name"] for each in (await ready.http.get("/api/v1/libraries")).json()] == ["Family"]

    await page.get_by_role("button", name="Stop following").click()
    await page.get_by_role("dialog").get_by_role("button", name="Stop following").click()
    await expect(page.get_by_text("No folder is followed yet")).to_be_visible(timeout=MS)


async def test_a_collection_is_deleted_by_typing_its_name(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/collections"))
    await page.get_by_label("Name").fill("unwanted")
    await page.get_by_role("button", name="Create").click()
    card = page.locator("section", has=page.get_by_role("heading", name="unwanted"))
    await card.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Delete")).to_be_disabled(timeout=MS)
    await dialog.get_by_label("Type unwanted to confirm").fill("unwanted")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(card).to_have_count(0, timeout=MS)
    assert "unwanted" not in await names(ready)


async def test_dropped_files_become_a_job(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/add"))
    picture = ready.folder / "photos" / "chelsea.png"
    await page.locator("sl-drop input[type=file]").first.set_input_files(str(picture))
    await expect(page).to_have_url(re.compile("/ui/jobs/"), timeout=MS)
    await expect(page.locator(".sl-state")).to_have_text("completed", timeout=MS)


async def test_the_map_is_drawn_and_a_cluster_of_it_can_be_chosen(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/map"))
    await expect(page.locator("sl-map canvas")).to_be_visible(timeout=MS)
    await page.locator("sl-map canvas").focus()
    box = await page.locator("sl-map").bounding_box()
    assert box is not None
    await page.keyboard.down("Shift")
    await page.mouse.move(box["x"] + 6, box["y"] + 6)
    await page.mouse.down()
    for x, y in ((1, 0), (1, 1), (0, 1)):
        await page.mouse.move(box["x"] + 6 + x * (box["width"] - 12), box["y"] + 6 + y * (box["height"] - 12))
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await expect(page.get_by_role("toolbar", name="Chosen photos")).to_contain_text("21 chosen")


async def test_jobs_appear_while_the_page_is_open(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/jobs"))
    lines = page.locator(".sl-line")
    await until(lambda: page.evaluate("window.did_handshake === true"))
    before = await lines.count()
    answer = await ready.http.post("/api/v1/ingest/", json={"directory_path": str(ready.folder / "photos")})
    answer.raise_for_status()
    await expect(lines).to_have_count(before + 1, timeout=MS)
    await expect(lines.first).to_contain_text(str(ready.folder / "photos"))
