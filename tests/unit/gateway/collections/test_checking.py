"""Whether a collection is there is asked for that one alone."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from libs.common.control import CollectionState, Holding
from libs.common.errors import Code, SluiceError
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.settings import StoreSettings
from libs.common.store.edge import EdgeStore
from libs.common.store.named import NamedStore
from services.gateway.collections.collections import Collections, Writers
from services.gateway.tasks.tasks import Tasks

SWITCHED = CollectionState(
    name="photos",
    generation="2",
    stored_in="photos.clip",
    previous=Holding(stored_in="photos.before", generation="1"),
)


class OneSwitched:
    """A control table with a collection that was given another model."""

    def collection(self, name: str) -> CollectionState | None:
        return SWITCHED if name == SWITCHED.name else None

    def collections(self) -> list[CollectionState]:
        return [SWITCHED]


class Unlisted(NamedStore):
    """A store of so many collections that no search may list them."""

    async def collections(self) -> list[str]:
        raise AssertionError("all collections were listed")


@pytest.fixture(scope="module")
async def collections(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Collections]:
    edge, control = (
        EdgeStore(tmp_path_factory.mktemp("store"), indexes={}),
        cast("ControlTable", OneSwitched()),
    )
    for place in ("photos.clip", "photos.before", "plain"):
        await edge.create(place, 4, "Cosine")
    yield Collections(
        store=Unlisted(edge, control),
        control=control,
        publisher=cast("Publisher", None),
        tasks=cast("Tasks", None),
        writers=cast("Writers", None),
        shape=StoreSettings(),
    )
    await edge.close()


@pytest.mark.parametrize("name", ["photos", "plain"])
async def test_a_collection_that_is_there_is_found_without_a_list_of_all(
    collections: Collections, name: str
) -> None:
    await collections.check(name)


@pytest.mark.parametrize("name", ["nothing", "photos.clip", "photos.before"])
async def test_what_is_not_there_or_is_part_of_another_is_not_found(
    collections: Collections, name: str
) -> None:
    with pytest.raises(SluiceError) as refused:
        await collections.check(name)
    assert refused.value.code is Code.COLLECTION_NOT_FOUND
