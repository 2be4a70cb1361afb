"""Gateways for tests: the real app on the real broker, called without a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from libs.common.store.protocol import Store
from services.gateway.app import create_app
from services.gateway.lifecycle import Lifecycle
from services.gateway.settings import GatewaySettings
from tests.support.waiting import LIMIT_S


def gateway_settings(bootstrap_servers: str, prefix: str, data: Path, **values: Any) -> GatewaySettings:
    """Settings of one replica that keeps its own data in `data`."""
    given: dict[str, Any] = {
        "kafka_bootstrap_servers": bootstrap_servers,
        "topic_prefix": prefix,
        "topic_partitions": 4,
        "data_dir": data,
        "upload_dir": data / "uploads",
        "instance": data.name,
    }
    return GatewaySettings(**(given | values))


@asynccontextmanager
async def running_gateway(settings: GatewaySettings, store: Store | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that has opened."""
    app = create_app(settings, store)
    async with app.router.lifespan_context(app):
        lifecycle: Lifecycle = app.state.lifecycle
        await _opened(lifecycle)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8002") as client:
            yield client


async def _opened(lifecycle: Lifecycle) -> None:
    watch = asyncio.create_task(lifecycle.watch())
    try:
        async with asyncio.timeout(LIMIT_S):
            while lifecycle.health.state != "ready":
                if watch.done():
                    await watch
                await asyncio.sleep(0.02)
    finally:
        watch.cancel()
