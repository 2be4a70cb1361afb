"""The page of the REST API in a browser: samples of errors are folded until their status is clicked."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from fastapi import FastAPI
from playwright.async_api import expect

from services.gateway.api_docs import docs
from services.gateway.app import create_app
from tests.support.browser import MS, NEEDED, browsing
from tests.support.serving import served

pytestmark = [pytest.mark.slow, NEEDED]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """The page alone: it asks nothing of a gateway but the document."""
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(docs.router)
    app.mount(docs.STATIC, docs.static_files())
    app.openapi = partial(create_app().openapi)  # type: ignore[method-assign]
    async with served(app) as found:
        yield found


async def test_samples_of_errors_are_folded_until_their_status_is_clicked(url: str) -> None:
    async with browsing() as page:
        await page.goto(f"{url}/docs")
        operation = page.locator("#operations-images-images_info")
        await operation.locator(".opblock-summary").click()
        good, missing = (operation.locator(f'.response[data-code="{code}"]') for code in ("200", "404"))
        await expect(good.locator(".model-example")).to_be_visible(timeout=MS)
        await expect(missing.locator(".model-example")).to_be_hidden()
        await missing.locator(".response-col_status").click()
        await expect(missing.locator(".model-example")).to_be_visible()
        assert "image_not_found" in await missing.inner_text()
