"""The library in a browser: searches and filters change the page in place, and each has its address."""

import re

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.dashboard.conftest import Shown
from tests.support.browser import MS, NEEDED
from tests.support.system import finished, new_collection, submit

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(400)]

SAME_PAGE = "window.stayed === true"


@pytest.fixture(scope="module")
async def ready(shown: Shown) -> Shown:
    """A system whose active collection has the samples."""
    await shown.samples()
    return shown


@pytest.fixture
async def library(ready: Shown, page: Page) -> Page:
    """The library, marked so that a reload would show."""
    await page.goto(ready.url("/library"))
    await expect(page.locator(".sl-tile img").first).to_be_visible(timeout=MS)
    await page.evaluate("window.stayed = true")
    return page


async def test_a_search_changes_the_page_in_place_and_back_reload_and_its_address_lead_to_it(
    library: Page,
) -> None:
    await library.get_by_role("searchbox", name="Search").fill("coffee")
    await library.keyboard.press("Enter")
    hit = library.locator(".sl-photo")
    await expect(hit).to_have_attribute("title", "coffee.png", timeout=MS)
    await expect(library).to_have_url(re.compile(r"/ui/library\?q=coffee$"))
    await library.get_by_role("searchbox", name="Search").fill("chelsea")
    await library.keyboard.press("Enter")
    await expect(hit).to_have_attribute("title", "chelsea.png", timeout=MS)

    await library.go_back()
    await expect(hit).to_have_attribute("title", "coffee.png", timeout=MS)
    await expect(library.get_by_role("searchbox", name="Search")).to_have_value("coffee")
    await library.go_back()
    await expect(library.locator(".sl-tile img").first).to_be_visible(timeout=MS)
    await expect(library.locator(".sl-photo")).to_have_count(0)
    assert await library.evaluate(SAME_PAGE)

    await library.go_forward()
    await library.reload()
    await expect(hit).to_have_attribute("title", "coffee.png", timeout=MS)


async def test_filters_narrow_the_page_in_place_and_stay_with_a_search(library: Page) -> None:
    filters = library.get_by_role("navigation", name="Filters")
    await filters.get_by_role("button", name="Date").click()
    await library.get_by_role("menu").get_by_text("2011").click()
    chip = filters.get_by_role("link", name="Remove the filter Date: 2011")
    await expect(chip).to_be_visible(timeout=MS)
    await expect(library.locator(".sl-tile")).to_have_count(1, timeout=MS)

    await library.get_by_role("searchbox", name="Search").fill("coffee")
    await library.keyboard.press("Enter")
    await expect(library.get_by_text("Nothing was found for coffee")).to_be_visible(timeout=MS)
    await chip.click()
    await expect(library.locator(".sl-photo")).to_have_attribute("title", "coffee.png", timeout=MS)
    assert await library.evaluate(SAME_PAGE)


async def test_photos_like_a_picture_are_a_view_that_outlives_a_reload(library: Page, ready: Shown) -> None:
    picture = ready.folder / "photos" / "rocket.jpg"
    await library.locator(".sl-search input[type=file]").set_input_files(picture)
    first = library.locator(".sl-photo").first
    await expect(first).to_have_attribute("title", "rocket.jpg", timeout=MS)
    assert await library.evaluate(SAME_PAGE)
    await library.reload()
    await expect(library.get_by_text("that look like rocket.jpg")).to_be_visible(timeout=MS)
    await expect(first).to_have_attribute("title", "rocket.jpg")


async def test_photos_that_were_found_can_be_chosen_and_looked_at_one_after_the_other(
    library: Page, ready: Shown
) -> None:
    photo = (await ready.http.get("/api/v1/random")).json()["id"]
    await library.goto(ready.url(f"/library?like={photo}"))
    tiles = library.locator(".sl-photo")
    await expect(tiles.nth(2)).to_be_visible(timeout=MS)
    await tiles.nth(0).hover()
    await tiles.nth(0).locator(".sl-check").click()
    await expect(library.get_by_role("toolbar", name="Chosen photos")).to_contain_text("1 chosen")
    await library.keyboard.press("Escape")

    second = await tiles.nth(1).get_attribute("data-id")
    await tiles.nth(0).click()
    await expect(library.get_by_role("button", name="Next photo")).to_be_visible(timeout=MS)
    await library.evaluate("window.stayed = true")
    await library.keyboard.press("ArrowRight")
    await expect(library).to_have_url(re.compile(f"/photo/{second}"), timeout=MS)
    name = (await ready.http.get(f"/api/v1/images/{second}/info")).json()["filename"]
    await expect(library.get_by_text(name, exact=True).first).to_be_visible(timeout=MS)
    assert await library.evaluate(SAME_PAGE)
    await library.keyboard.press("Escape")
    await expect(library).to_have_url(re.compile(f"like={photo}"), timeout=MS)


async def test_back_from_a_photo_leads_to_the_place_in_the_timeline(library: Page) -> None:
    await library.set_viewport_size({"width": 1000, "height": 420})
    await library.evaluate("scrollTo(0, 500)")
    tile = library.locator(".sl-tile").last
    await expect(tile.locator("img")).to_be_visible(timeout=MS)
    await tile.click()
    await expect(library).to_have_url(re.compile("/photo/"), timeout=MS)
    await library.go_back()
    await expect(library.locator(".sl-tile img").first).to_be_visible(timeout=MS)
    assert await library.evaluate("scrollY") >= 500


async def test_back_from_a_photo_of_the_third_page_leads_to_it(ready: Shown, page: Page) -> None:
    many = ready.folder / "many"
    many.mkdir()
    for number in range(130):
        Image.new("RGB", (32, 24), (number, 255 - number, 90)).save(many / f"{number}.png")
    await new_collection(ready.http, "many")
    await finished(ready.http, await submit(ready.http, many))

    await page.goto(ready.url("/library?q=png"))
    tiles = page.locator(".sl-photo")
    for count in (60, 120):
        await expect(tiles.nth(count - 1)).to_be_visible(timeout=MS)
        await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(tiles).to_have_count(130, timeout=MS)
    last = await tiles.last.get_attribute("data-id")
    await tiles.last.click()
    await expect(page).to_have_url(re.compile("/photo/"), timeout=MS)
    await page.go_back()

    await expect(page.locator(f'.sl-photo[data-id="{last}"]')).to_be_in_viewport(timeout=MS)
