"""The door opens when Kafka is there, and closes when it is told to, whatever it is at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from libs.common.kafka import joining
from libs.common.runtime.service import Health
from services.gateway import lifecycle
from services.gateway.gateway import Gateway
from services.gateway.lifecycle import Lifecycle
from services.gateway.settings import GatewaySettings
from tests.support.waiting import LIMIT_S


async def test_a_gateway_that_is_still_opening_does_not_hold_up_a_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Topics are read to their end, however long that takes, which without a broker is indefinitely."""
    opening, closed = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Gateway]:
        opening.set()
        try:
            await asyncio.Event().wait()
            yield NotImplemented
        finally:
            closed.set()

    async def there(*_: object) -> bool:
        return True

    monkeypatch.setattr(lifecycle, "opened", opened)
    monkeypatch.setattr(joining, "wait_for_topics", there)
    settings = GatewaySettings(data_dir=tmp_path, kafka_bootstrap_servers="127.0.0.1:1")

    async with asyncio.timeout(LIMIT_S):
        async with Lifecycle(settings, None, Health()).kept_open():
            await opening.wait()

    assert closed.is_set()
