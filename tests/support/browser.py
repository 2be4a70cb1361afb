"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

CHROMIUM = shutil.which("chromium")
MS = 90_000
"""On a busy machine; on a quiet one each step takes well under a second."""
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True,
}  # fmt: skip
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}


@asynccontextmanager
async def browsing(**context: Any) -> AsyncIterator[Page]:
    """A page in a browser of its own, which is closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = await browser.new_page(**(DESKTOP | context))
        opened.set_default_timeout(MS)
        yield opened
        await browser.close()


def is_outside(url: str) -> bool:
    """Whether a request leaves this machine."""
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
