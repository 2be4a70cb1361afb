"""Every page by axe, in light, dark and on a phone: nothing serious, nothing wider than the window."""

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.dashboard.conftest import Shown
from tests.support.browser import MS, NEEDED, PHONE, browsing, is_outside
from tests.support.system import finished, submit

pytestmark = [pytest.mark.slow, NEEDED, pytest.mark.timeout(600)]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "phone": PHONE,
}  # fmt: skip
BAD = ("serious", "critical")
PAGES = (
    "/", "/library", "/library?q=coffee", "/map", "/duplicates", "/duplicates?view=similar",
    "/duplicates?view=decided", "/duplicates?view=archived", "/collections", "/add", "/libraries", "/jobs",
)  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_serious_and_nothing_comes_from_elsewhere(shown: Shown, look: str) -> None:
    job = await shown.samples() if look == "light" else await submit(shown.http, shown.folder)
    await finished(shown.http, job)
    photo = (await shown.http.get("/api/v1/random")).json()["id"]
    elsewhere: list[str] = []
    found: list[str] = []
    async with browsing(**LOOKS[look]) as page:
        page.on("request", lambda request: elsewhere.append(request.url) if is_outside(request.url) else None)
        for path in (*PAGES, f"/jobs/{job}", f"/photo/{photo}"):
            await page.goto(shown.url(path))
            await _settled(page)
            found += [f"{path}: {each}" for each in await _serious(page)]
            wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{path}: {wider} pixels too wide"] if wider > 0 else []
    assert found == []
    assert elsewhere == []


async def _settled(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=MS)
    await expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=MS)
    await page.wait_for_load_state("networkidle")


async def _serious(page: Page) -> list[str]:
    response = (await Axe().run(page)).response
    return [
        f"{each['id']}: {re.sub(' +', ' ', node['html'])[:200]}"
        for each in response["violations"]
        if each["impact"] in BAD
        for node in each["nodes"]
    ]
