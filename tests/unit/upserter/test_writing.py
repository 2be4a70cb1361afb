import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.upserter.writing import Writer


class Watched(EdgeStore):
    """The embedded store, which notes how many upserts run at once, and fails those it is told to."""

    in_flight = 0
    most = 0
    ended = 0
    fails: dict[int, SluiceError]

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            if error := self.fails.get(UUID(points[0].id).int):
                raise error
            await super().upsert(name, points)
            self.ended += 1
        finally:
            self.in_flight -= 1


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Watched]:
    watched = Watched(tmp_path)
    watched.fails = {}
    await watched.create("photos", 4, "Cosine")
    yield watched
    await watched.close()


def points(count: int) -> list[Point]:
    return [Point(str(UUID(int=number)), [1, 0, 0, 0], {}) for number in range(count)]


async def test_no_more_upserts_are_in_flight_than_the_setting_says_over_all_batches(store: Watched) -> None:
    writer = Writer(store, size=2, concurrency=3)
    await asyncio.gather(*(writer.write("photos", points(20)) for _ in range(3)))
    assert (store.most, await store.count("photos")) == (3, 20)


@pytest.mark.slow
async def test_an_error_is_raised_only_when_nothing_of_the_write_runs_any_more(store: Watched) -> None:
    store.fails[0] = UnavailableError(Code.STORE_UNAVAILABLE, "away")
    with pytest.raises(UnavailableError):
        await Writer(store, size=2, concurrency=3).write("photos", points(20))
    assert (store.in_flight, store.ended) == (0, 9)


@pytest.mark.slow
async def test_a_refusal_is_told_rather_than_that_the_store_is_away(store: Watched) -> None:
    store.fails[0] = UnavailableError(Code.STORE_UNAVAILABLE, "away")
    store.fails[2] = SluiceError(Code.COLLECTION_NOT_FOUND, "gone")
    with pytest.raises(SluiceError) as raised:
        await Writer(store, size=2, concurrency=3).write("photos", points(4))
    assert raised.value.code is Code.COLLECTION_NOT_FOUND
