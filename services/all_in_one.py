"""Every stage, the gateway and the ML service in one process, over an embedded Kafka and store if need be."""

import asyncio
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr

from libs.common import stages
from libs.common.errors import Code, SluiceError
from libs.common.http.serving import listen
from libs.common.kafka.connection import Connection
from libs.common.kafka.stale_members import remove_stale_members
from libs.common.runtime.lock import DirLock
from libs.common.runtime.private import keep_private
from libs.common.runtime.service import Service
from libs.common.settings import StageSettings, StoreSettings, without_password
from libs.common.stages import DASHBOARD, GATEWAY, ML
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Store
from libs.embedded.access import hush_loopback
from libs.embedded.kafka import EmbeddedKafka
from libs.embedded.settings import EmbeddedSettings
from services.ml.choice import default_model, dimension_of
from services.ml.settings import MLServiceSettings
from services.packages import build, settings_class
from services.settings import RunSettings

if TYPE_CHECKING:
    from services.dashboard.app import DashboardService
    from services.gateway.app import GatewayService

START_SECONDS = 90.0
LEAST_FREE_BYTES = 500_000_000
"""Kafka keeps segments of up to 64 MB for each partition."""
_LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class _Running:
    service: Service
    stop: asyncio.Event
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class System:
    """The whole, up and ready. `embedded` and `outside` say, in words, what runs where."""

    base_url: str
    embedded: tuple[str, ...]
    outside: tuple[str, ...]
    _services: tuple[_Running, ...]
    _watch: asyncio.Task[None] | None

    @property
    def waiting(self) -> str | None:
        """What it waits for outside (Kafka, Qdrant, the ML service), or None: it works."""
        found = [running.service.health for running in self._services]
        return (
            "; ".join(dict.fromkeys(each.reason or "" for each in found if each.state == "waiting")) or None
        )

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raises what ended a service, or the broker, before that."""
        stopped = asyncio.create_task(stop.wait())
        parts = [running.task for running in self._services]
        if self._watch is not None:
            parts.append(self._watch)
        done, _ = await asyncio.wait([stopped, *parts], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in done:
            task.result()


@asynccontextmanager
async def running(
    settings: RunSettings,
    say: Callable[[str], None] = lambda _: None,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[System]:
    """Start everything, give the system once it is ready, and stop it in the order in which work flows.

    `say` hears what starts; `given` are settings of the stages that the environment does not decide.
    Raises SluiceError for whatever keeps it from starting.
    """
    keep_private(settings.data_dir, "DATA_DIR")
    keep_private(settings.upload_dir or settings.data_dir / "uploads", "UPLOAD_DIR")
    await asyncio.to_thread(check_room, settings)
    async with AsyncExitStack() as resources:
        resources.enter_context(DirLock(settings.data_dir))
        broker = await _broker(settings, resources, say)
        store = await _store(settings, resources)
        shared, ml = _overrides(settings, broker), _own_ml(settings)
        shared |= _of_model(ml)
        if broker is not None:
            # After a kill: no one else can be alive in the groups.
            await remove_stale_members(Connection.of(StageSettings(**shared), "start"), stages.groups())
        services = _services(settings, shared | dict(given), store, ml)
        started = [_start(service) for service in services]
        resources.push_async_callback(_stop_all, started, settings.drain_seconds)
        say("starting the services")
        await _all_ready(started)
        yield System(
            base_url=settings.base_url,
            embedded=_embedded(settings),
            outside=_outside(settings),
            _services=tuple(started),
            _watch=_watch(broker, resources),
        )


def check_room(settings: RunSettings) -> None:
    """What would stop the start only after seconds: a port that is taken, a disk without room. Blocks.

    Raises SluiceError port_busy, bad_setting or disk_full, each with the way out.
    """
    listen(settings.host, settings.port).close()
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE_BYTES:
        raise SluiceError(
            Code.DISK_FULL,
            f"disk full: {free // 1_000_000} MB are free in {settings.data_dir}, "
            f"{LEAST_FREE_BYTES // 1_000_000} MB are needed: free space in DATA_DIR, or name another disk",
        )


async def _broker(
    settings: RunSettings, resources: AsyncExitStack, say: Callable[[str], None]
) -> EmbeddedKafka | None:
    if settings.kafka_bootstrap_servers:
        return None
    embedded = EmbeddedSettings()
    hush_loopback()
    say("starting Apache Kafka (the first time downloads it)")
    return await resources.enter_async_context(
        EmbeddedKafka(
            settings.data_dir,
            cache_dir=embedded.sluice_cache_dir,
            mirror=embedded.maven_mirror,
            ports=embedded.kafka_port,
        )
    )


async def _store(settings: RunSettings, resources: AsyncExitStack) -> Store | None:
    """The embedded store, shared by all who need one; None: each connects to the server by itself."""
    if settings.qdrant_host:
        return None
    store = EdgeStore(settings.data_dir / "store")
    resources.push_async_callback(store.close)
    await store.open()
    return store


def _overrides(settings: RunSettings, broker: EmbeddedKafka | None) -> dict[str, Any]:
    """What every stage's settings are given instead of the environment's."""
    shared: dict[str, Any] = {
        "topic_partitions": settings.topic_partitions,
        "data_dir": settings.data_dir,
        "health_port": None,  # the gateway's /readyz speaks for all
    }
    if broker is not None:
        shared |= broker.access.settings
    return shared


def _own_ml(settings: RunSettings) -> MLServiceSettings | None:
    """The settings of the ML service that runs in this process; None where another one is named."""
    if settings.ml_inference_service_url:
        return None
    return MLServiceSettings(
        host=_LOOPBACK,
        port=_free_port(),
        ml_api_key=SecretStr(secrets.token_urlsafe(32)),
        ml_model=settings.ml_model or default_model(),
        ml_models_dir=settings.models_dir,
    )


def _of_model(ml: MLServiceSettings | None) -> dict[str, Any]:
    """What the stages are given of the ML service in this process: its place, key and vector size."""
    if ml is None:
        return {}
    found = {"ml_inference_service_url": f"http://{_LOOPBACK}:{ml.port}", "ml_api_key": ml.ml_api_key}
    size = {} if StoreSettings().qdrant_vector_size else {"qdrant_vector_size": dimension_of(ml)}
    return found | size


def _services(
    settings: RunSettings, shared: dict[str, Any], store: Store | None, ml: MLServiceSettings | None
) -> list[Service]:
    """Every stage of the table; the ML service only where none is set. Who takes work starts first."""
    files: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "upload_dir": settings.upload_dir or settings.data_dir.absolute() / "uploads",
    }
    wanted = [stage for stage in reversed(stages.services()) if stage != ML.name or ml is not None]
    made = {stage: build(stage, _given(stage, settings, shared | files, ml), store) for stage in wanted}
    # The gateway listens for the dashboard too, so that people have one address to remember.
    prefix, pages = cast("DashboardService", made[DASHBOARD.name]).below()
    gateway = cast("GatewayService", made[GATEWAY.name])
    gateway.below[prefix] = pages
    gateway.healths = [service.health for service in made.values()]
    return [*made.values()]


def _given(
    stage: str, settings: RunSettings, shared: dict[str, Any], ml: MLServiceSettings | None
) -> dict[str, Any]:
    """What the stage's settings are given, as far as they are its own."""
    if stage == ML.name and ml is not None:
        return ml.model_dump()
    if stage == DASHBOARD.name:
        # The gateway's own check of the Host header does not see these requests.
        hosts = settings_class(GATEWAY.name)(**shared).hosts  # type: ignore[attr-defined]
        return {"gateway_url": settings.base_url, "allowed_hosts": hosts or ("*",)}
    return shared


def _start(service: Service) -> _Running:
    stop = asyncio.Event()
    return _Running(service, stop, asyncio.create_task(service.run(stop), name=service.stage))


async def _all_ready(started: list[_Running]) -> None:
    """Wait until each service is up (waiting for something outside counts); raises what ended one."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while any(running.service.health.state == "starting" for running in started):
                for running in started:
                    if running.task.done():
                        running.task.result()
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        slow = ", ".join(r.service.stage for r in started if r.service.health.state == "starting")
        raise SluiceError(Code.INTERNAL, f"not ready after {START_SECONDS:.0f} s: {slow}") from error


async def _stop_all(started: list[_Running], within_s: float) -> None:
    """Stop the stages one after the other, so that what a stage still puts out finds the next one there.

    What runs on after `within_s` seconds in all is cancelled: if the broker ended by itself, no signal came
    that would set the process a deadline.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + within_s
    order = stages.services().index
    for running in sorted(started, key=lambda each: order(each.service.stage)):
        running.stop.set()
        await asyncio.wait([running.task], timeout=max(0.0, until - clock()))
    for running in started:
        running.task.cancel()
    await asyncio.gather(*(running.task for running in started), return_exceptions=True)


def _watch(broker: EmbeddedKafka | None, resources: AsyncExitStack) -> asyncio.Task[None] | None:
    if broker is None:
        return None
    task = asyncio.create_task(broker.watch())
    resources.callback(task.cancel)
    return task


def _embedded(settings: RunSettings) -> tuple[str, ...]:
    model = settings.ml_model or default_model()
    parts = (
        ("Apache Kafka (set KAFKA_BOOTSTRAP_SERVERS for yours)", settings.kafka_bootstrap_servers),
        ("Qdrant's engine (set QDRANT_HOST for a server)", settings.qdrant_host),
        (f"the model {model} (set ML_MODEL for another one)", settings.ml_inference_service_url),
    )
    return tuple(name for name, outside in parts if not outside)


def _outside(settings: RunSettings) -> tuple[str, ...]:
    parts = (
        ("Kafka", settings.kafka_bootstrap_servers),
        ("Qdrant", settings.qdrant_host),
        ("ML service", settings.ml_inference_service_url),
    )
    return tuple(f"{name} at {without_password(where)}" for name, where in parts if where)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
