"""Wires the dashboard: its pages, the pictures it fetches for them, and serving it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import app as pages_app
from nicegui import ui
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from libs.common.http.mounted import Mounted
from libs.common.http.probes import routes
from libs.common.http.serving import listen, serve
from libs.common.runtime.service import Health, Service
from libs.common.stages import DASHBOARD
from services.dashboard import access, assets, data, media
from services.dashboard.live.feed import Feed, closing_feed
from services.dashboard.pages.add import add
from services.dashboard.pages.collections.collections import collections
from services.dashboard.pages.duplicates.page import duplicates
from services.dashboard.pages.jobs.job import job
from services.dashboard.pages.jobs.jobs import jobs
from services.dashboard.pages.libraries.libraries import libraries
from services.dashboard.pages.library import finding
from services.dashboard.pages.library.page import library
from services.dashboard.pages.map import map_page
from services.dashboard.pages.overview import overview
from services.dashboard.pages.photo.page import photo
from services.dashboard.settings import DashboardSettings
from services.dashboard.shell import MOUNT
from sluice import wire

LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2.0)
"""Connections are given up before the gateway closes them; each visitor's stream of jobs holds one."""
PAGE_SECONDS = 30.0
"""How long a page may wait for the gateway before it is shown."""
PAGES: dict[str, Callable[..., Any]] = {
    "/": overview,
    "/jobs": jobs,
    "/jobs/{job_id}": job,
    "/add": add,
    "/library": library,
    "/libraries": libraries,
    "/photo/{photo_id}": photo,
    "/duplicates": duplicates,
    "/map": map_page,
    "/collections": collections,
}


def create_app(settings: DashboardSettings) -> FastAPI:
    """The ASGI app, everything below /ui. Its lifespan opens the client of the gateway and closes it.

    NiceGUI keeps its pages in one place a process, so there can be one dashboard in each.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(
            base_url=settings.gateway_url, timeout=wire.SECONDS, limits=LIMITS
        ) as http:
            pages_app.state.http = http
            async with closing_feed(Feed(http)) as pages_app.state.feed:
                yield

    for path, page in PAGES.items():
        ui.page(path, response_timeout=PAGE_SECONDS)(page)
    pages_app.include_router(media.router)
    pages_app.include_router(finding.router)
    pages_app.include_router(data.router)
    pages_app.include_router(access.router)
    pages_app.mount(assets.folder(), StaticFiles(directory=assets.STATIC))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    ui.run_with(
        app, mount_path=MOUNT, title="Sluice", dark=None, language="en-US", reconnect_timeout=30.0,
        tailwind=False, gzip_middleware_factory=assets.compressed,
    )  # fmt: skip
    app.add_middleware(assets.Lasting, mount=MOUNT)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts))
    app.add_middleware(access.SameOrigin)
    return app


def build(settings: DashboardSettings) -> Service:
    """The dashboard, not yet started; it listens on HOST and PORT, unless it is put below another app."""
    return DashboardService(settings)


class DashboardService:
    """The dashboard as one stage of a process."""

    stage = DASHBOARD.name

    def __init__(self, settings: DashboardSettings) -> None:
        self.health = Health()
        self.listens = True
        self._settings = settings
        self._app = create_app(settings)

    def below(self) -> tuple[str, ASGIApp]:
        """The prefix of its paths and the app that answers them, for a stage that listens in its place."""
        self.listens = False
        return MOUNT, self._app

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. SluiceError port_busy if the port is taken."""
        async with self._app.router.lifespan_context(self._app):
            if self.listens:
                listener = await asyncio.to_thread(listen, self._settings.host, self._settings.port)
                await serve(self._alone(), listener, stop, self.health.ready)
            else:
                self.health.ready()
                await stop.wait()
        self.health.state = "stopped"

    def _alone(self) -> ASGIApp:
        """With probes, and the root led to the pages."""
        return Mounted(Starlette(routes=routes(self.health)), {MOUNT: self._app}, f"{MOUNT}/")
