"""A Qdrant server before 1.20 filters by words and does not rank by them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cli.doctor import outside
from cli.doctor.finding import Verdict
from libs.common.errors import Code, SluiceError
from libs.common.settings import StoreSettings
from libs.common.store.protocol import Filter, FusedRanking, NearRanking, Point, WordRanking, Words
from libs.common.store.server.store import ServerStore
from tests.support.qdrant import HOST, qdrant_http

ID = "00000000-0000-0000-0000-000000000001"
WORDS = WordRanking("search_text", "boat")


@pytest.fixture(scope="module")
async def port(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    async with qdrant_http(tmp_path_factory.mktemp("old"), "1.19.2") as server:
        yield server.port


@pytest.fixture(scope="module")
async def old(port: int) -> AsyncIterator[ServerStore]:
    store = ServerStore(HOST, port)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", [Point(ID, [1, 0, 0, 0], {"search_text": "a boat"})])
    yield store
    await store.close()


async def test_it_says_that_it_does_not_rank(old: ServerStore) -> None:
    assert not await old.can_rank()
    for ranking in (WORDS, FusedRanking([1, 0, 0, 0], WORDS, 10)):
        with pytest.raises(SluiceError, match=r"1\.20") as refused:
            await old.rank("photos", ranking, limit=5)
        assert refused.value.code is Code.STORE_TOO_OLD


async def test_it_filters_by_words_and_ranks_by_nearness(old: ServerStore) -> None:
    where = Filter(words={"search_text": Words("boat")})
    found, _ = await old.scroll("photos", limit=5, where=where, payload="none")
    assert [record.id for record in found] == [ID]
    assert [hit.id for hit in await old.rank("photos", NearRanking([1, 0, 0, 0]), limit=5)] == [ID]


async def test_the_doctor_says_that_it_does_not_rank(port: int) -> None:
    found = await asyncio.to_thread(outside.qdrant, StoreSettings(qdrant_host=HOST, qdrant_port=port))
    assert (found.verdict, found.detail) == (
        Verdict.NOTE, "answers; 1.19.2 filters by words without ranking"
    )  # fmt: skip
    assert found.advice == "update it to 1.20 or later"
