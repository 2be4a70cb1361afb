"""Collections, models, sources and clearing up in the dashboard, in a real browser on a running system."""

import re
import shutil

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.dashboard.conftest import Shown
from tests.support.browser import MS, NEEDED
from tests.support.system import finished, submit

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(400)]

API = "/api/v1"
MOVED = re.compile(r"\d+ files? (moved|are being moved)")


@pytest.fixture(scope="module")
async def ready(shown: Shown) -> Shown:
    """A system whose active collection has the samples."""
    await shown.samples()
    return shown


def card_of(page: Page, name: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=name, exact=True))


async def move_them(page: Page) -> None:
    """Agree to every move of the plan that is shown."""
    await expect(page.get_by_text("would move")).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_text(MOVED).first).to_be_visible(timeout=MS)


async def restore_all(shown: Shown) -> int:
    """Put back what the latest archive moved; how many files that were."""
    (latest, *_) = (await shown.http.get(f"{API}/archives")).json()["items"]
    answer = await shown.http.post(f"{API}/archives/{latest['archive_id']}/restore", json={})
    answer.raise_for_status()
    return int(latest["moved"])


async def test_one_collection_is_merged_into_another(ready: Shown, page: Page) -> None:
    created = await ready.http.post(f"{API}/collections", json={"collection_name": "both"})
    created.raise_for_status()
    await page.goto(ready.url("/collections"))
    await card_of(page, "both").get_by_role("button", name="Merge others into it").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Collections").click()
    await page.get_by_role("option", name="samples").click()
    await page.get_by_role("heading", name="Merge into both").click()
    await dialog.get_by_role("button", name="Merge", exact=True).click()

    await expect(card_of(page, "both")).to_contain_text("21 photos", timeout=MS)


async def test_a_list_of_files_becomes_a_job(ready: Shown, page: Page) -> None:
    listed = ready.folder / "list.csv"
    listed.write_text("path,shelf\nphotos/coffee.png,7\nphotos/moon.png,8\n")
    await page.goto(ready.url("/add"))
    await page.get_by_label("Address").fill(str(listed))
    await page.get_by_role("button", name="Ingest").click()
    await expect(page).to_have_url(re.compile("/ui/jobs/"), timeout=MS)
    await expect(page.locator(".sl-state")).to_have_text("completed", timeout=MS)

    job = (await ready.http.get(f"{API}/ingest/jobs")).json()["items"][0]
    assert (job["directory_path"], job["counts"]["total"]) == (str(listed), 2)


async def test_gone_files_are_listed_before_their_photos_leave_the_index(ready: Shown, page: Page) -> None:
    folder = ready.folder / "sorted"
    folder.mkdir()
    for name in ("coffee.png", "moon.png"):
        shutil.copyfile(ready.folder / "photos" / name, folder / name)
    await finished(ready.http, await submit(ready.http, folder))
    (folder / "moon.png").unlink()
    synced = await submit(ready.http, folder, sync=True, prune="ask")
    await finished(ready.http, synced)

    await page.goto(ready.url(f"/jobs/{synced}"))
    await page.get_by_role("button", name="Remove them from the index").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(f"{folder}/moon.png")).to_be_visible(timeout=MS)
    await expect(dialog.get_by_text("coffee.png")).to_have_count(0)
    await dialog.get_by_role("button", name="Remove them").click()
    await expect(page).not_to_have_url(re.compile(synced), timeout=MS)
    await expect(page.locator(".sl-state")).to_have_text("completed", timeout=MS)

    job = (await ready.http.get(f"{API}/ingest/jobs")).json()["items"][0]
    assert job["sync"]["removed"] == 1


async def test_one_rule_keeps_a_folder_and_moves_the_other_copies(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/duplicates?view=similar"))
    await page.get_by_role("button", name="Find similar photos").click()
    await expect(page.get_by_text(re.compile("Group 1 of"))).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="By a rule").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Keep what lies below").fill(str(ready.folder / "photos"))
    await dialog.get_by_role("switch").click()
    await dialog.get_by_role("button", name="Show every move").click()
    await move_them(page)
    await expect(page).to_have_url(re.compile("view=archived"), timeout=MS)
    await expect(page.get_by_role("button", name="Restore").first).to_be_visible(timeout=MS)

    assert (ready.folder / "photos" / "china.jpg").exists()
    assert await restore_all(ready) >= 1


async def test_what_a_lasso_holds_is_archived(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/map"))
    await expect(page.locator("sl-map canvas")).to_be_visible(timeout=MS)
    await page.get_by_role("button", name="Lasso").click()
    await expect(page.locator("sl-map[lasso]")).to_be_visible(timeout=MS)
    box = await page.locator("sl-map").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 6, box["y"] + 6)
    await page.mouse.down()
    for x, y in ((1, 0), (1, 1), (0, 1)):
        await page.mouse.move(box["x"] + 6 + x * (box["width"] - 12), box["y"] + 6 + y * (box["height"] - 12))
    await page.mouse.up()
    bar = page.get_by_role("toolbar", name="Chosen photos")
    await bar.get_by_role("button", name="Archive").click()
    await move_them(page)

    assert await restore_all(ready) >= 1


async def test_another_model_fills_a_collection_and_takes_over(ready: Shown, page: Page) -> None:
    await page.goto(ready.url("/collections"))
    card = card_of(page, "samples")
    await card.get_by_role("button", name="Another model").click()
    await page.get_by_role("dialog").get_by_label("Model").fill("labels")
    await page.get_by_role("button", name="Fill it").click()
    await expect(card.get_by_text(re.compile("^Before: lite"))).to_be_visible(timeout=MS)
    await expect(card).to_contain_text("labels-efficientnet")

    # What the new model takes for a duplicate is less alike than what the lite one does.
    await page.goto(ready.url("/duplicates?view=similar"))
    await expect(page.get_by_text("0.930", exact=True)).to_be_visible(timeout=MS)
