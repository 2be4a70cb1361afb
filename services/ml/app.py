"""Wires the ML service: a backend, its engine, the endpoints, a listening socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.errors import Code
from libs.common.http.middleware import RequestMiddleware
from libs.common.http.problems import page, problem
from libs.common.http.serving import listen, serve
from libs.common.metrics.instruments import Instruments
from libs.common.runtime.service import Health, Service
from libs.common.stages import ML
from services.ml import health_routes, routes
from services.ml.choice import SERVABLE, backend_of, is_servable
from services.ml.engine.backend import Backend
from services.ml.engine.engine import Engine
from services.ml.engines import Engines, unknown
from services.ml.middleware import chain, out_of_memory
from services.ml.settings import MLServiceSettings

NAMED_IDLE_SECONDS = 600.0
"""A model that is not that of the settings leaves memory after so long without work."""


def create_app(
    settings: MLServiceSettings | None = None, backend: Backend | None = None, health: Health | None = None
) -> FastAPI:
    """The ASGI app. Its lifespan reads the environment where `settings` is None, and loads the models."""
    own = health or Health(stage=ML.name)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.settings = settings or MLServiceSettings()
        app.state.engines = engines = _engines(app.state.settings, backend, own.instruments)
        app.state.engine = engines.default
        try:
            await engines.default.warm_up()
            yield
        finally:
            await engines.close()

    app = FastAPI(title="Sluice ML service", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(routes.router)
    app.include_router(health_routes.router)
    app.include_router(page.router)
    app.router.routes.extend(health_routes.probes(app, own.instruments))
    problem.install(app, {Code.NO_TEXT_MODEL: 422, Code.MODEL_UNAVAILABLE: 422})
    app.exception_handler(MemoryError)(out_of_memory)
    app.add_middleware(RequestMiddleware, chain=chain)
    return app


def build(settings: MLServiceSettings, backend: Backend | None = None) -> Service:
    """The service, not yet started; the model of the settings where no backend is given."""
    return MLService(settings, backend)


class MLService:
    """The ML service as one stage of a process."""

    stage = ML.name

    def __init__(self, settings: MLServiceSettings, backend: Backend | None = None) -> None:
        self.health = Health(stage=self.stage)
        self._settings = settings
        self._backend = backend

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. SluiceError port_busy if the port is taken."""
        listener = await asyncio.to_thread(listen, self._settings.host, self._settings.port)
        app = create_app(self._settings, self._backend, self.health)
        async with app.router.lifespan_context(app):
            await serve(app, listener, stop, self.health.ready)
        self.health.state = "stopped"


def _engines(settings: MLServiceSettings, backend: Backend | None, instruments: Instruments) -> Engines:
    default = Engine(
        backend or backend_of(settings),
        safe_batch=settings.ml_safe_batch,
        idle_s=settings.ml_idle_seconds,
        instruments=instruments,
    )
    name = settings.ml_model if backend is None and is_servable(settings.ml_model) else None
    return Engines(default, name, lambda requested: _named(settings, requested, instruments))


def _named(settings: MLServiceSettings, name: str, instruments: Instruments) -> Engine:
    if not is_servable(name):
        raise unknown(name, SERVABLE)
    used = backend_of(settings.model_copy(update={"ml_model": name}))
    return Engine(used, idle_s=settings.ml_idle_seconds or NAMED_IDLE_SECONDS, instruments=instruments)
