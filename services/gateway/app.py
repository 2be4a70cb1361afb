"""Wires the gateway: the app with its routes, and the service that serves it."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from libs.common.errors import Code, SluiceError
from libs.common.http.middleware import RequestMiddleware
from libs.common.http.mounted import Mounted
from libs.common.http.problems import page, problem
from libs.common.http.serving import listen, serve
from libs.common.http.timed import Timed
from libs.common.http.traced import Traced
from libs.common.runtime.release import release
from libs.common.runtime.service import Health, Service, supervise
from libs.common.store.protocol import Store
from libs.common.tracing.otel import traced
from services.gateway.api.keys import read_keys
from services.gateway.api.middleware import chain
from services.gateway.api.slashes import TrailingSlash
from services.gateway.api_docs import docs, openapi
from services.gateway.archive import routes as archives
from services.gateway.collections import routes as collections
from services.gateway.duplicates import decision_routes as decisions
from services.gateway.duplicates import routes as duplicates
from services.gateway.folders import routes as folders
from services.gateway.images import routes as images
from services.gateway.jobs import command_routes
from services.gateway.jobs import routes as jobs
from services.gateway.jobs.following import routes as event_routes
from services.gateway.libraries import routes as libraries
from services.gateway.lifecycle import Lifecycle
from services.gateway.maps import routes as maps
from services.gateway.models import routes as collection_models
from services.gateway.search import gallery_routes
from services.gateway.search import routes as search
from services.gateway.settings import STAGE, GatewaySettings
from services.gateway.system import health_routes
from services.gateway.system import routes as system
from services.gateway.tasks import routes as tasks
from services.gateway.uploads import routes as uploads

log = logging.getLogger(__name__)

API = "/api/v1"
_ABOUT = (
    "Streams photo libraries into a searchable vector index. Errors are application/problem+json (RFC 9457), "
    "with a `code` for programs and one sentence in `detail`. The topics behind it: [/asyncapi](/asyncapi)."
)

_AT_ROOT = (health_routes.router, system.at_root, maps.router, docs.router, page.router)
_BELOW_API = (
    system.router,
    collections.router,
    collection_models.router,
    jobs.router,
    folders.router,
    uploads.router,
    command_routes.router,
    event_routes.router,
    images.router,
    images.at_root,
    search.router,
    gallery_routes.router,
    archives.router,
    duplicates.router,
    decisions.router,
    libraries.router,
    tasks.router,
)


def create_app(
    settings: GatewaySettings | None = None, store: Store | None = None, health: Health | None = None
) -> FastAPI:
    """The ASGI app. Its lifespan reads the environment where `settings` is None, and opens the gateway.

    `health` is set by it; /metrics shows it, or `app.state.healths` where that is set to those of a process.

    A `store` that is given stays its giver's to close; without one it is the Qdrant server's.
    """

    own = health or Health(stage=STAGE)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.settings = settings or GatewaySettings()
        app.state.healths = getattr(app.state, "healths", None) or [own]
        app.state.stop = getattr(app.state, "stop", None) or asyncio.Event()
        app.state.lifecycle = lifecycle = Lifecycle(app.state.settings, store, own)
        check_access(app.state.settings)
        async with traced(app.state.settings, own), lifecycle.kept_open():
            yield

    app = FastAPI(
        title="Sluice",
        version=release(),
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=openapi.operation_id,
    )
    _route(app)
    problem.install(app)
    app.add_middleware(RequestMiddleware, chain=chain)
    app.add_middleware(TrailingSlash)
    app.add_middleware(Traced, health=own)
    app.add_middleware(Timed, instruments=own.instruments)
    # FastAPI's documented way to change the document that it serves.
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    return app


def _route(app: FastAPI) -> None:
    # Both forms of /ingest have a route of their own; a redirect would lose the body with some clients.
    app.router.redirect_slashes = False
    for router in _AT_ROOT:
        app.include_router(router)
    app.mount(docs.STATIC, docs.static_files())
    for router in _BELOW_API:
        app.include_router(router, prefix=API)


def check_access(settings: GatewaySettings) -> None:
    """Raise SluiceError bad_setting where other machines may call without a key, unless ALLOW_OPEN is set."""
    if settings.api_keys_file is not None:
        read_keys(settings.api_keys_file)
    if not settings.is_open:
        return
    reached = f"HOST {settings.host} is reached from other machines, and without API_KEY any of them"
    if not settings.allow_open:
        detail = (
            f"{reached} could read and remove what is here: set API_KEY, or HOST=127.0.0.1, or "
            "ALLOW_OPEN=true where something else keeps them out"
        )
        raise SluiceError(Code.BAD_SETTING, detail)
    log.warning("%s may read and remove what is here (ALLOW_OPEN is set)", reached)


def build(settings: GatewaySettings, store: Store | None = None) -> Service:
    """The gateway, not yet started; it listens on HOST and PORT."""
    return GatewayService(settings, store)


class GatewayService:
    """The gateway as one stage of a process."""

    stage = STAGE

    def __init__(self, settings: GatewaySettings, store: Store | None = None) -> None:
        self.health = Health(stage=STAGE)
        self.below: dict[str, ASGIApp] = {}
        """Apps of other stages of this process, by the prefix of the paths that they answer."""
        self.healths = [self.health]
        """Those of the stages whose metrics it shows: its own, and those of the process's others."""
        self._settings = settings
        self._store = store

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; raises SluiceError port_busy or bad_setting, and what it cannot go on from."""
        check_access(self._settings)
        listener = await asyncio.to_thread(listen, self._settings.host, self._settings.port)
        app = create_app(self._settings, self._store, self.health)
        app.state.stop, app.state.healths = stop, self.healths
        async with app.router.lifespan_context(app):
            _settle()
            lifecycle: Lifecycle = app.state.lifecycle
            home = next((f"{prefix}/" for prefix in self.below), None)
            await supervise(serve(Mounted(app, self.below, home), listener, stop), lifecycle.watch())


def _settle() -> None:
    """Leave what is loaded by now, and stays, out of later garbage collections.

    A full one walked over some 180,000 objects and held all requests up by 60 ms and more, every few seconds.
    """
    gc.collect()
    gc.freeze()
