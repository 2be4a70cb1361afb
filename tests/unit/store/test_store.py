"""What every store promises, asked of each of them."""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Distance, Filter, Payload, Point, Range, Store
from tests.unit.store.conftest import Collection, new_name

MANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def uid(number: int) -> str:
    return str(UUID(int=number))


def point(number: int, vector: Sequence[float] = (1, 0, 0, 0), **payload: Any) -> Point:
    return Point(uid(number), list(vector), payload)


async def matching(collection: Collection, where: Filter) -> set[int]:
    found, _ = await collection.store.scroll(collection.name, limit=100, where=where, payload="none")
    assert len(found) == await collection.store.count(collection.name, where)
    return {UUID(record.id).int for record in found}


async def test_a_created_collection_is_listed_with_its_shape(store: Store, distance: Distance) -> None:
    name = new_name()
    await store.create(name, 7, distance)
    info = await store.info(name)
    assert name in await store.collections()
    assert (info.name, info.vector_size, info.distance, info.points_count) == (name, 7, distance, 0)
    await store.delete(name)


async def test_a_name_is_taken_once(collection: Collection) -> None:
    with pytest.raises(SluiceError) as refused:
        await collection.store.create(collection.name, 8, "Dot")
    assert refused.value.code is Code.COLLECTION_EXISTS
    assert (await collection.store.info(collection.name)).vector_size == 4


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "a/b", "a\\b", "a\nb", "~x", " a", "u\u0308", "x" * 129]
)
async def test_an_impossible_name_is_refused_and_never_found(store: Store, name: str) -> None:
    with pytest.raises(SluiceError) as refused:
        await store.create(name, 4, "Cosine")
    assert refused.value.code is Code.INVALID_REQUEST
    with pytest.raises(SluiceError) as missing:
        await store.info(name)
    assert missing.value.code is Code.COLLECTION_NOT_FOUND


@pytest.mark.parametrize("name", ["Ümlaut 2019. Sommer", "旅行", "x y", "é" * 128, "a..b", "50 % & more"])
async def test_a_name_may_have_letters_of_any_script_spaces_and_dots(store: Store, name: str) -> None:
    await store.create(name, 4, "Cosine")
    await store.upsert(name, [point(1)])
    assert name in await store.collections()
    assert (await store.info(name)).name == name
    assert await store.count(name) == 1
    await store.delete(name)
    assert name not in await store.collections()


async def test_a_deleted_collection_leaves_nothing_to_its_successor(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(1)])
    await store.delete(name)
    assert name not in await store.collections()
    await store.create(name, 3, "Dot")
    assert (await store.info(name)).vector_size == 3
    assert await store.count(name) == 0
    await store.delete(name)


async def test_every_call_on_a_collection_that_is_not_there_says_so(store: Store) -> None:
    name = new_name()
    for call in (
        store.info(name),
        store.delete(name),
        store.upsert(name, [point(1)]),
        store.retrieve(name, [uid(1)]),
        store.scroll(name, limit=1),
        store.search(name, [[1, 0, 0, 0]], limit=1),
        store.count(name),
        store.delete_points(name, [uid(1)]),
    ):
        with pytest.raises(SluiceError) as missing:
            await call
        assert missing.value.code is Code.COLLECTION_NOT_FOUND
        assert name in missing.value.detail


async def test_an_upsert_replaces_the_whole_point(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(1, (1, 0, 0, 0), old=1, kept=1)])
    await store.upsert(name, [point(1, (0, 1, 0, 0), kept=2)])
    [record] = await store.retrieve(name, [uid(1)], vectors=True)
    assert (record.payload, record.vector) == ({"kept": 2}, [0, 1, 0, 0])
    assert await store.count(name) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@MANY
@given(payload=st.dictionaries(st.text(min_size=1, max_size=20), JSON, max_size=6))
async def test_a_payload_comes_back_as_it_went(collection: Collection, payload: Payload) -> None:
    await collection.store.upsert(collection.name, [Point(uid(1), [1, 0, 0, 0], payload)])
    [record] = await collection.store.retrieve(collection.name, [uid(1)])
    assert record.payload == payload
    assert record.vector is None


async def test_a_read_brings_along_only_what_is_asked_for(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(1, filename="a.jpg", caption=None, thumbnail="T")])
    [record] = await store.retrieve(name, [uid(1), uid(2)], payload=("filename", "caption", "absent"))
    assert record.payload == {"filename": "a.jpg", "caption": None}
    [[hit]] = await store.search(name, [[1, 0, 0, 0]], limit=5, payload="none")
    assert hit.payload == {}
    page, _ = await store.scroll(name, limit=5, payload=["filename"], vectors=True)
    assert [(each.payload, each.vector) for each in page] == [({"filename": "a.jpg"}, [1, 0, 0, 0])]


async def test_a_vector_of_another_size_is_refused_with_both_sizes(collection: Collection) -> None:
    store, name = collection.store, collection.name
    for call in (store.upsert(name, [point(1, (1, 0))]), store.search(name, [[1, 0]], limit=1)):
        with pytest.raises(SluiceError) as refused:
            await call
        assert refused.value.code is Code.VECTOR_SIZE_MISMATCH
        assert refused.value.detail == f"collection '{name}' holds vectors of 4, not of 2"
    assert await store.count(name) == 0


@pytest.mark.parametrize(
    "bad",
    [
        Point("7", [1, 0, 0, 0], {}),
        Point(uid(7), [1, math.nan, 0, 0], {}),
        Point(uid(7), [1, math.inf, 0, 0], {}),
        Point(uid(7), [1, 1e39, 0, 0], {}),
        Point(uid(7), [1, 0, 0, 0], {"name": "\udcff"}),
        Point(uid(7), [1, 0, 0, 0], {"name": object()}),
    ],
    ids=["id", "nan", "infinite", "beyond float32", "lone surrogate", "no JSON"],
)
async def test_what_no_store_can_take_is_rejected_and_not_retried(collection: Collection, bad: Point) -> None:
    with pytest.raises(SluiceError) as rejected:
        await collection.store.upsert(collection.name, [point(1), bad])
    assert rejected.value.code is Code.STORE_REJECTED
    assert not rejected.value.retryable
    assert await collection.store.count(collection.name) == 0


@MANY
@given(
    numbers=st.sets(st.integers(0, 2**128 - 1), max_size=12),
    limit=st.integers(1, 5),
    gone=st.integers(0, 12),
)
async def test_pages_give_every_point_once_in_id_order(
    collection: Collection, numbers: set[int], limit: int, gone: int
) -> None:
    """Even when the point that the last page ended with is deleted before the next page."""
    store, name = collection.store, collection.name
    await collection.clear()
    await store.upsert(name, [point(number) for number in numbers])
    seen: list[str] = []
    after: str | None = None
    for _ in range(len(numbers) + 1):
        page, after = await store.scroll(name, limit=limit, after=after, payload="none")
        assert len(page) <= limit
        seen += [record.id for record in page]
        if after is None:
            break
        if len(seen) <= gone:
            await store.delete_points(name, [after])
    assert after is None
    assert seen == [uid(number) for number in sorted(numbers)]


VECTORS = st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4).filter(
    lambda vector: math.hypot(*vector) > 0.01
)


@MANY
@given(query=VECTORS, vectors=st.lists(VECTORS, min_size=1, max_size=6))
async def test_a_score_is_the_cosine_whatever_the_metric(
    any_metric: Collection, query: list[float], vectors: list[list[float]]
) -> None:
    store, name = any_metric.store, any_metric.name
    await any_metric.clear()
    await store.upsert(name, [point(number, vector) for number, vector in enumerate(vectors)])
    [hits] = await store.search(name, [query], limit=10)
    assert {UUID(hit.id).int for hit in hits} == set(range(len(vectors)))
    for hit in hits:
        vector = vectors[UUID(hit.id).int]
        assert hit.score == pytest.approx(
            _dot(query, vector) / math.hypot(*query) / math.hypot(*vector), abs=1e-4
        )
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


async def test_a_vector_without_length_scores_zero(any_metric: Collection) -> None:
    store, name = any_metric.store, any_metric.name
    await store.upsert(name, [point(1, (0, 0, 0, 0))])
    [by_length, by_zero] = await store.search(name, [[1, 0, 0, 0], [0, 0, 0, 0]], limit=1)
    assert (by_length[0].score, by_zero[0].score) == (0, 0)


async def test_searches_of_one_batch_are_answered_in_order_and_paged(collection: Collection) -> None:
    store, name = collection.store, collection.name
    angles = [number / 200 for number in range(100)]
    await store.upsert(
        name, [point(n, (math.cos(angle), math.sin(angle), 0, 0)) for n, angle in enumerate(angles)]
    )
    queries = [[math.cos(angle), math.sin(angle), 0, 0] for angle in angles]
    found = await store.search(name, queries, limit=1, payload="none")
    assert [UUID(hits[0].id).int for hits in found] == list(range(100))
    [first] = await store.search(name, queries[:1], limit=3)
    [second] = await store.search(name, queries[:1], limit=3, offset=3)
    assert [UUID(hit.id).int for hit in first + second] == [0, 1, 2, 3, 4, 5]
    assert await store.search(name, [], limit=3) == []


PHOTOS = [
    point(0, caption="a dog", width=100, tags=["pet"], has_caption=True, iso=2.5),
    point(1, caption="a cat", width=200, tags=["pet", "cat"], has_caption=False, iso=3.0),
    point(2, caption="1", width=2**53 + 1, has_caption=True, exif_x="y"),
    point(3, width=None),
]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(), {0, 1, 2, 3}),
        (Filter(any_of={"caption": ["a dog"]}), {0}),
        (Filter(any_of={"caption": ["a dog", "a cat", "else"]}), {0, 1}),
        (Filter(any_of={"caption": []}), set()),
        (Filter(any_of={"caption": [1]}), set()),
        (Filter(any_of={"width": [100, 2**53 + 1]}), {0, 2}),
        (Filter(any_of={"width": [2**53]}), set()),
        (Filter(any_of={"width": ["100", 200]}), {1}),
        (Filter(any_of={"tags": ["cat", "dog"]}), {1}),
        (Filter(any_of={"has_caption": [True]}), {0, 2}),
        (Filter(any_of={"has_caption": [False]}), {1}),
        (Filter(any_of={"has_caption": [True, False]}), {0, 1, 2}),
        (Filter(any_of={"iso": [2.5]}), {0}),
        (Filter(any_of={"iso": [3.0, 7.0]}), {1}),
        (Filter(any_of={"absent": ["x"]}), set()),
        (Filter(ranges={"width": Range(gte=100, lte=150)}), {0}),
        (Filter(ranges={"width": Range(gte=150)}), {1, 2}),
        (Filter(ranges={"iso": Range(lte=3)}), {0, 1}),
        (Filter(any_of={"tags": ["pet"]}, ranges={"width": Range(gte=150)}), {1}),
        (Filter(any_of={"tags": ["pet"], "caption": ["a dog", "1"]}), {0}),
    ],
)
async def test_a_filter_means_all_fields_and_any_value(
    collection: Collection, where: Filter, expected: set[int]
) -> None:
    await collection.store.upsert(collection.name, PHOTOS)
    assert await matching(collection, where) == expected
    [hits] = await collection.store.search(collection.name, [[1, 0, 0, 0]], limit=10, where=where)
    assert {UUID(hit.id).int for hit in hits} == expected


async def test_a_field_with_a_dot_is_one_field(collection: Collection) -> None:
    await collection.store.upsert(
        collection.name,
        [
            Point(uid(1), [1, 0, 0, 0], {"exif_GPS.Alt": "high"}),
            Point(uid(2), [1, 0, 0, 0], {"exif_GPS": {"Alt": "high"}}),
        ],
    )
    assert await matching(collection, Filter(any_of={"exif_GPS.Alt": ["high"]})) == {1}


async def test_a_field_of_metadata_is_a_field_within_it(collection: Collection) -> None:
    metas = {1: {"product_id": "A-1", "price": 3}, 2: {"product_id": "B-2", "price": 9.5}}
    points = [Point(uid(number), [1, 0, 0, 0], {"meta": meta}) for number, meta in metas.items()]
    await collection.store.upsert(collection.name, points)
    assert await matching(collection, Filter(any_of={"meta.product_id": ["B-2"]})) == {2}
    assert await matching(collection, Filter(ranges={"meta.price": Range(lt=5)})) == {1}


async def test_deleting_points_ignores_those_that_are_gone(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(1), point(2)])
    await store.delete_points(name, [uid(1), uid(3)])
    await store.delete_points(name, [uid(1)])
    await store.delete_points(name, [])
    await store.upsert(name, [])
    assert [record.id for record in await store.retrieve(name, [uid(1), uid(2)])] == [uid(2)]
    assert (await store.info(name)).points_count == 1
