"""A scanner's topics for each test, over one store a file."""

from collections.abc import AsyncIterator

import pytest

from libs.common.store.edge import EdgeStore
from tests.support.broker import Broker
from tests.support.scanning import COLLECTION, Bench, bench


@pytest.fixture(scope="module")
def store_type() -> type[EdgeStore]:
    """What the store is, where a file of tests wants it to fail."""
    return EdgeStore


@pytest.fixture(scope="module")
async def store(
    store_type: type[EdgeStore], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EdgeStore]:
    """The embedded store, with an empty collection."""
    store = store_type(tmp_path_factory.mktemp("store"))
    await store.open()
    await store.create(COLLECTION, 4, "Cosine")
    yield store
    await store.close()


@pytest.fixture
async def world(kafka: Broker, prefix: str, store: EdgeStore) -> AsyncIterator[Bench]:
    """Topics of the test's own."""
    async with bench(kafka, prefix, store) as made:
        yield made
