"""A running scanner, and the packages of Node.js that the clients need."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common.store.edge import EdgeStore
from tests.clients.installed import node_packages
from tests.support.broker import Broker, shared_kafka
from tests.support.scanning import COLLECTION, Bench, bench

__all__ = ["shared_kafka"]


@pytest.fixture(scope="session")
async def node_modules() -> Path:
    """The packages of package-lock.json, installed once."""
    return await node_packages()


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path_factory.mktemp("store"))
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    yield store
    await store.close()


@pytest.fixture
async def world(kafka: Broker, prefix: str, store: EdgeStore) -> AsyncIterator[Bench]:
    async with bench(kafka, prefix, store) as made:
        yield made
