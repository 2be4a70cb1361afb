"""Fixtures that every kind of test may use."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.support.broker import Broker, running_broker


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A real broker, one for the session; tests keep apart by their topic prefix."""
    async with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"t{uuid4().hex[:10]}-"
