"""The points of a collection say what stands for their stacks, in whatever order they came."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.duplicates.settling import orphaned, settle
from libs.common.points.fields import INDEXES, Fields
from libs.common.points.stack import stack_of
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.upserter.completion import complete
from services.upserter.writing import Writer

RAW, SHOT, EDITED, ALONE = "/p/IMG_1.dng", "/p/img_1.jpg", "/p/IMG_1-edited.jpg", "/p/IMG_2.jpg"
ASKED = {field: INDEXES[field] for field in ("full_path", "file_hash", "stack", "stack_cover")}
IDS = {path: str(UUID(int=number)) for number, path in enumerate((RAW, SHOT, EDITED, ALONE), 1)}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    store = EdgeStore(tmp_path / "store", indexes=ASKED)
    await store.create("photos", 4, "Cosine")
    yield store
    await store.close()


def point(path: str, **fields: object) -> Point:
    known = {"full_path": path, "width": 20, "height": 10, "format": "JPEG", "stack": stack_of(path)}
    return Point(IDS[path], [1, 0, 0, 0], known | fields)


async def covers(store: EdgeStore) -> dict[str, bool | None]:
    page, _ = await store.scroll("photos", limit=99)
    return {str(found.full_path): found.stack_cover for each in page if (found := Fields(each.payload))}


async def test_the_file_that_the_rule_keeps_stands_for_its_stack(store: EdgeStore) -> None:
    writer = Writer(store, size=8, concurrency=2)

    await writer.write("photos", [point(SHOT), point(ALONE)])
    assert await covers(store) == {SHOT: None, ALONE: None}
    await writer.write("photos", [point(RAW, format="DNG")])
    assert await covers(store) == {RAW: True, SHOT: False, ALONE: None}
    await writer.write("photos", [point(EDITED, width=40)])
    assert await covers(store) == {RAW: False, SHOT: False, EDITED: True, ALONE: None}


async def test_what_is_left_of_a_stack_is_found_again(store: EdgeStore) -> None:
    await Writer(store, size=8, concurrency=2).write("photos", [point(SHOT), point(RAW, format="DNG")])
    await store.delete_points("photos", [IDS[RAW]])
    assert await orphaned(store, "photos") == {stack_of(SHOT)}

    await complete(store, "photos")

    assert await covers(store) == {SHOT: None}
    assert await orphaned(store, "photos") == set()


async def test_points_of_an_earlier_release_are_stacked_while_they_serve(store: EdgeStore) -> None:
    before = [point(each, search_text="words") for each in (SHOT, RAW)]
    for each in before:
        del each.payload["stack"]
    await store.upsert("photos", before)

    assert await complete(store, "photos") == 2
    assert await complete(store, "photos") == 0

    assert sorted((await covers(store)).values(), key=str) == [False, True]


async def test_settling_what_is_settled_changes_nothing(store: EdgeStore) -> None:
    await store.upsert("photos", [point(SHOT), point(RAW, format="DNG")])

    assert await settle(store, "photos", {stack_of(SHOT)}) == 2
    assert await settle(store, "photos", {stack_of(SHOT)}) == 0
