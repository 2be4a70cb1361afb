"""A collection that another program filled is completed, and can then be searched."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from libs.common.points.fields import INDEXES, Fields
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Dates, Filter, Order, Point, Range, WordRanking
from libs.common.store.server.store import ServerStore
from services.upserter.completion import Completion, complete
from tests.support.qdrant import HOST, qdrant_http
from tests.support.waiting import until

FOREIGN = {
    "filename": "YellowFlower_IMG-2041.jpg",
    "full_path": "/mnt/photos/Île de Ré/YellowFlower_IMG-2041.jpg",
    "caption": "a beach",
    "exif_EXIF_DateTimeOriginal": "2019:07:21 18:03:11",
    "exif_Image_Make": "NIKON CORPORATION",
    "exif_Image_Model": "NIKON D750",
    "exif_EXIF_ISOSpeedRatings": "200",
    "exif_EXIF_FNumber": "14/5",
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path / "store")
    await store.create("photos", 4, "Cosine")
    yield store
    await store.close()


async def test_points_of_another_program_can_be_searched_once_they_are_completed(store: EdgeStore) -> None:
    ids = [str(UUID(int=number)) for number in range(3)]
    foreign = [Point(each, [1, 0, 0, 0], dict(FOREIGN)) for each in ids[:2]]
    await store.upsert("photos", [*foreign, Point(ids[2], [1, 0, 0, 0], {"search_text": "mine"})])

    assert await complete(store, "photos") == 2
    assert await complete(store, "photos") == 0

    for words in ("beach", "flower", "2041", "ile", "nikon"):
        found = await store.rank("photos", WordRanking(Fields.search_text.name, words), limit=9)
        assert [hit.id for hit in found] == ids[:2], words
    year = Filter(
        dates={"taken_at": Dates(gte="2019-01-01T00:00:00Z")}, ranges={"f_number": Range(gte=2.8, lte=2.8)}
    )
    assert await store.count("photos", year) == 2
    [point, _] = await store.ordered("photos", Order("iso"), limit=9)
    fields = Fields(point.payload)
    assert (fields.camera, fields.month, fields.iso) == ("NIKON D750", "2019-07", 200.0)
    assert fields.folders == ["/mnt", "/mnt/photos", "/mnt/photos/Île de Ré"]
    assert fields.payload_version is None


async def test_a_creation_that_was_cut_short_gets_its_indexes_when_an_upserter_starts(tmp_path: Path) -> None:
    """Without the index of `file_hash` each batch would look through the whole collection."""
    async with qdrant_http(tmp_path) as server, httpx.AsyncClient() as client:
        body = {"vectors": {"size": 4, "distance": "Cosine"}}
        url = f"http://{HOST}:{server.port}/collections/photos"
        (await client.put(f"{url}?bare=1", json=body)).raise_for_status()
        store = ServerStore(HOST, server.port)

        async def indexed() -> bool:
            schema = (await client.get(url)).json()["result"]["payload_schema"]
            return set(INDEXES) <= set(schema)

        assert not await indexed()
        completing = asyncio.create_task(Completion(store).run())
        await until(indexed)
        completing.cancel()
        await asyncio.gather(completing, return_exceptions=True)
        await store.close()
