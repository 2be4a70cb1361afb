"""Making a collection while Kafka cannot be written, again after it, and twice at the same time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from libs.common import control
from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.settings import StoreSettings
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.gateway.collections import collections as making
from services.gateway.collections.collections import Collections, Writers
from services.gateway.tasks.tasks import Tasks

NAME = "photos"


class NeverWritten:
    """A control table that no one has written to."""

    async def refresh(self) -> None:
        return

    def collection(self, _: str) -> CollectionState | None:
        return None

    async def changed(self, timeout_s: float) -> bool:
        await asyncio.sleep(timeout_s)
        return False


class Away:
    """A publisher whose brokers do not answer."""

    async def publish(self, _: object) -> None:
        raise UnavailableError(Code.BROKER_UNAVAILABLE, "Kafka is away")


class OneTopic:
    """The control table of all replicas, and their publisher, which waits for whom else writes."""

    def __init__(self) -> None:
        self._rows: dict[str, CollectionState] = {}
        self._looks, self._change = asyncio.Event(), asyncio.Event()

    async def publish(self, records: Sequence[Outgoing]) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looks.wait(), 0.2)
        for record in records:
            row = control.decode(record.value or b"")
            assert isinstance(row, CollectionState)
            self._rows[row.name] = row
        self._change.set()

    async def refresh(self) -> None:
        self._looks.set()

    async def changed(self, timeout_s: float) -> bool:
        await asyncio.wait_for(self._change.wait(), timeout_s)
        return True

    def collection(self, name: str) -> CollectionState | None:
        return self._rows.get(name)


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


async def test_it_is_made_though_kafka_is_away_and_made_only_once(
    collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "NOTED_S", 0.01)
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


@pytest.mark.parametrize("replicas", [1, 2])
async def test_of_two_requests_at_the_same_time_one_makes_it(collections: Collections, replicas: int) -> None:
    topic = OneTopic()
    shared = replace(
        collections, control=cast("ControlTable", topic), publisher=cast("Publisher", topic), making={}
    )
    other = shared if replicas == 1 else replace(shared, making={})

    answers = await asyncio.gather(shared.create(NAME), other.create(NAME), return_exceptions=True)

    (refused,) = [answer for answer in answers if answer is not None]
    assert isinstance(refused, SluiceError)
    assert refused.code is Code.COLLECTION_EXISTS


async def test_one_that_is_deleted_while_it_is_looked_at_is_made_again(
    collections: Collections, store: EdgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "NOTED_S", 0.01)
    await collections.create(NAME)

    class Deleting(NeverWritten):
        async def changed(self, timeout_s: float) -> bool:
            if NAME in await store.collections():
                await store.delete(NAME)
            return await super().changed(timeout_s)

    await replace(collections, control=cast("ControlTable", Deleting())).create(NAME)

    assert await collections.names() == [NAME]
