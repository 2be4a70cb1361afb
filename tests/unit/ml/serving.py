"""The real app behind an httpx client, without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.ml.app import create_app
from services.ml.engine.backend import Backend
from services.ml.settings import MLServiceSettings


@asynccontextmanager
async def client_of(
    backend: Backend | None = None, headers: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that has started; the app ends with the block."""
    app = create_app(MLServiceSettings(**settings), backend)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://ml", headers=headers
        ) as client,
    ):
        yield client
