"""Collections by the names that people use, whatever the store calls them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from libs.common.control import CollectionState, Holding, switched, switched_back
from libs.common.store.edge import EdgeStore
from libs.common.store.named import NamedStore, held_in
from libs.common.store.protocol import Point

ONE = str(uuid4())


@dataclass
class Table:
    states: dict[str, CollectionState] = field(default_factory=dict)

    def collection(self, name: str) -> CollectionState | None:
        return self.states.get(name)

    def collections(self) -> list[CollectionState]:
        return list(self.states.values())


@pytest.fixture
async def under(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path, indexes={})
    for name in ("plain", "photos", "photos~2"):
        await store.create(name, 2, "Cosine")
        await store.upsert(name, [Point(ONE, [1, 0], {"filename": name})])
    yield store
    await store.close()


async def filename(store: NamedStore, name: str) -> str:
    (point,) = await store.retrieve(name, [ONE])
    return str(point.payload["filename"])


async def test_a_switch_of_the_name_is_one_fact(under: EdgeStore) -> None:
    old, new = Holding(stored_in="photos", generation="g1"), Holding(stored_in="photos~2", generation="g2")
    table = Table({"photos": CollectionState(name="photos", generation="g1", filling=new)})
    store = NamedStore(under, table)
    assert await store.collections() == ["photos", "plain"]
    assert await filename(store, "photos") == "photos"
    table.states["photos"] = CollectionState(
        name="photos", generation="g2", stored_in="photos~2", previous=old
    )
    assert await store.collections() == ["photos", "plain"]
    assert await filename(store, "photos") == "photos~2"
    assert (await store.info("photos")).name == "photos"
    assert await filename(store, "plain") == "plain"


async def test_points_go_from_both_while_one_is_filled(under: EdgeStore) -> None:
    new = Holding(stored_in="photos~2", generation="g2")
    store = NamedStore(under, Table({"photos": CollectionState(name="photos", generation="g1", filling=new)}))
    await store.delete_points("photos", [ONE])
    assert [await under.count(name) for name in ("photos", "photos~2", "plain")] == [0, 0, 1]


def test_all_that_is_held_is_known() -> None:
    previous = Holding(stored_in="photos", generation="g1")
    filling = Holding(stored_in="photos~3", generation="g3")
    state = CollectionState(
        name="photos", generation="g2", stored_in="photos~2", previous=previous, filling=filling
    )
    assert held_in(state) == ["photos", "photos~2", "photos~3"]


def test_a_switch_keeps_what_was_before_and_can_go_back() -> None:
    state = CollectionState(
        name="photos", generation="g1", model="lite", cache_cleared_at=7.0,
        filling=Holding(stored_in="photos~2", generation="g2", model="labels", job_id="j"),
    )  # fmt: skip
    new = switched(state)
    assert (new.present.stored_in, new.generation, new.model) == ("photos~2", "g2", "labels")
    assert (new.filling, new.cache_cleared_at) == (None, 7.0)
    assert new.previous == Holding(stored_in="photos", generation="g1", model="lite")
    back = switched_back(new)
    assert (back.present, back.previous) == (new.previous, new.present)
    assert switched(new) == new
    assert new.holding("g1") is None
    assert state.holding("g2") == state.filling
