"""Making a collection while Kafka cannot be written, and again after it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.settings import StoreSettings
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.gateway.collections.collections import Collections, Writers
from services.gateway.tasks.tasks import Tasks

NAME = "photos"


class NeverWritten:
    """A control table that no one has written to."""

    async def refresh(self) -> None:
        return

    def collection(self, _: str) -> CollectionState | None:
        return None


class Away:
    """A publisher whose brokers do not answer."""

    async def publish(self, _: object) -> None:
        raise UnavailableError(Code.BROKER_UNAVAILABLE, "Kafka is away")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path, indexes={})
    yield store
    await store.close()


@pytest.fixture
def collections(store: EdgeStore) -> Collections:
    return Collections(
        store=store,
        control=cast("ControlTable", NeverWritten()),
        publisher=cast("Publisher", Away()),
        tasks=cast("Tasks", None),
        writers=cast("Writers", None),
        shape=StoreSettings(qdrant_vector_size=4),
    )


async def test_it_is_made_though_kafka_is_away_and_made_only_once(collections: Collections) -> None:
    await collections.create(NAME)
    await collections.create(NAME)

    assert await collections.names() == [NAME]


async def test_another_shape_or_points_are_not_what_was_asked_for(
    collections: Collections, store: EdgeStore
) -> None:
    await collections.create(NAME)
    with pytest.raises(SluiceError) as other_shape:
        await collections.create(NAME, vector_size=8)
    await store.upsert(NAME, [Point("2f9a6f4e-7c11-4ac4-9c39-0f5a0f0f5a0f", [1.0, 0.0, 0.0, 0.0], {})])
    with pytest.raises(SluiceError) as filled:
        await collections.create(NAME)

    assert [other_shape.value.code, filled.value.code] == [Code.COLLECTION_EXISTS] * 2
