"""What every store finds: rankings, conditions, orders, neighbours and facets, asked of each of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import (
    Box,
    Circle,
    Cursor,
    Dates,
    Filter,
    FusedRanking,
    NearRanking,
    Order,
    Place,
    Point,
    Range,
    RankedBy,
    RankedPage,
    Sorted,
    WordRanking,
    Words,
)
from tests.unit.store.conftest import Collection

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = "search_text"
LOW = Range(lte=100)


def uid(number: int) -> str:
    return str(UUID(int=number))


def point(number: int, vector: Sequence[float] = (1, 0, 0, 0), **payload: Any) -> Point:
    return Point(uid(number), list(vector), payload)


def place(lat: float, lon: float) -> dict[str, float]:
    return {"lat": lat, "lon": lon}


async def matching(collection: Collection, where: Filter) -> set[int]:
    found, _ = await collection.store.scroll(collection.name, limit=100, where=where, payload="none")
    return {UUID(record.id).int for record in found}


PHOTOS = [
    point(
        0,
        search_text="a red boat on the sea",
        taken_at="2019-07-21T18:03:11Z",
        location=place(48.86, 2.29),
        folders=["/photos", "/photos/2019"],
        iso=100.0,
        camera="Sony",
    ),
    point(
        1,
        search_text="a boat that is red",
        taken_at="2019-12-31T23:59:59Z",
        location=place(0.0, 179.5),
        folders=["/photos"],
        iso=200.0,
        camera="Sony",
    ),
    point(
        2,
        search_text="mountains",
        taken_at="2020-01-01T00:00:00Z",
        location=place(0.0, -179.5),
        camera="Canon",
    ),
    point(3, people=[], camera=None),
]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(dates={"taken_at": Dates(gte="2019-01-01T00:00:00Z", lt="2020-01-01T00:00:00Z")}), {0, 1}),
        (Filter(dates={"taken_at": Dates(gt="2019-12-31T23:59:59Z")}), {2}),
        (Filter(dates={"taken_at": Dates(lte="2019-07-21T20:03:11+02:00")}), {0}),
        (Filter(ranges={"iso": Range(gt=100)}), {1}),
        (Filter(ranges={"iso": Range(lt=200)}), {0}),
        (Filter(near={"location": Circle(48.85, 2.29, 5000)}), {0}),
        (Filter(near={"location": Circle(48.0, 2.29, 5000)}), set()),
        (Filter(within={"location": Box(2, 48, 3, 49)}), {0}),
        (Filter(within={"location": Box(170, -10, -170, 10)}), {1, 2}),
        (Filter(within={"location": Box(-180, -90, 180, 90)}), {0, 1, 2}),
        (Filter(within={"location": Box(4, -90, 3, 90)}), {0, 1, 2}),
        (Filter(within={"location": Box(2, -90, 1, 90)}), {0, 1, 2}),
        (Filter(within={"location": Box(-180, -90, 0, 1)}), {2}),
        (Filter(within={"location": Box(180, -90, -179, 90)}), {2}),
        (Filter(none_of=(Filter(within={"location": Box(170, -90, -170, 90)}),)), {0, 3}),
        (Filter(none_of=(Filter(),)), set()),
        (Filter(any_of={"folders": ["/photos/2019"]}), {0}),
        (Filter(words={TEXT: Words("boat")}), {0, 1}),
        (Filter(words={TEXT: Words("boat sea")}), {0}),
        (Filter(words={TEXT: Words("sea mountains", "any")}), {0, 2}),
        (Filter(words={TEXT: Words("red boat", "phrase")}), {0}),
        (Filter(has=("camera",)), {0, 1, 2}),
        (Filter(missing=("camera",)), {3}),
        (Filter(missing=("people",)), {0, 1, 2, 3}),
        (Filter(none_of=(Filter(any_of={"camera": ["Sony"]}),)), {2, 3}),
        (Filter(none_of=(Filter(words={TEXT: Words("sea")}),), words={TEXT: Words("boat")}), {1}),
        (
            Filter(either=(Filter(any_of={"camera": ["Canon"]}), Filter(ranges={"iso": Range(lte=100)}))),
            {0, 2},
        ),
        (Filter(every=(Filter(any_of={"camera": ["Sony"]}), Filter(ranges={"iso": Range(gte=200)}))), {1}),
    ],
)
async def test_every_condition_means_the_same_in_every_store(
    collection: Collection, where: Filter, expected: set[int]
) -> None:
    await collection.store.upsert(collection.name, PHOTOS)
    assert await matching(collection, where) == expected
    assert await collection.store.count(collection.name, where) == len(expected)


async def test_words_rank_the_points_that_have_them_best_first(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, PHOTOS)
    found = await store.rank(name, WordRanking(TEXT, "sea boat"), limit=10)
    assert [UUID(hit.id).int for hit in found] == [0, 1]
    assert found[0].score > found[1].score > 0
    where = Filter(any_of={"folders": ["/photos"]}, none_of=(Filter(words={TEXT: Words("sea")}),))
    filtered = await store.rank(name, WordRanking(TEXT, "sea boat"), limit=10, where=where)
    assert [UUID(hit.id).int for hit in filtered] == [1]
    assert await store.rank(name, WordRanking(TEXT, "nothing"), limit=10) == []


async def test_two_rankings_are_fused_and_a_point_in_both_wins(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(
        name,
        [
            point(0, (1, 0, 0, 0), search_text="cat"),
            point(1, (0.9, 0.1, 0, 0), search_text="dog"),
            point(2, (0, 1, 0, 0), search_text="dog and bird"),
        ],
    )
    ranking = FusedRanking([1, 0, 0, 0], WordRanking(TEXT, "dog"), depth=100)
    found = await store.rank(name, ranking, limit=2)
    assert [UUID(hit.id).int for hit in found] == [1, 2]
    only = await store.rank(name, ranking, limit=9, where=Filter(words={TEXT: Words("cat")}))
    assert [UUID(hit.id).int for hit in only] == [0]


@pytest.mark.parametrize("size", [5, 10, 20])
async def test_points_of_equal_score_come_once_whatever_the_size_of_a_page(
    collection: Collection, size: int
) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(n, search_text="same words") for n in range(60)])
    for ranking in (
        NearRanking([1, 0, 0, 0]),
        WordRanking(TEXT, "words"),
        FusedRanking([1, 0, 0, 0], WordRanking(TEXT, "words"), depth=100),
    ):
        seen = []
        for start in range(0, 60, size):
            seen += (await store.rank(name, ranking, limit=start + size))[start:]
        assert len({hit.id for hit in seen}) == 60
        if not isinstance(ranking, FusedRanking):
            assert [hit.id for hit in seen] == sorted(hit.id for hit in seen)


async def test_a_ranking_by_nearness_has_the_cosine_as_its_score(any_metric: Collection) -> None:
    store, name = any_metric.store, any_metric.name
    await store.upsert(name, [point(1, (2, 0, 0, 0)), point(2, (0, 3, 0, 0))])
    found = await store.rank(name, NearRanking([1, 0, 0, 0]), limit=5)
    assert {UUID(hit.id).int: round(hit.score, 4) for hit in found} == {1: 1, 2: 0}
    with pytest.raises(SluiceError) as refused:
        await store.rank(name, NearRanking([1, 0]), limit=5)
    assert refused.value.code is Code.VECTOR_SIZE_MISMATCH


async def test_neighbours_of_many_points_leave_the_points_themselves_out(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(n, (1, n / 10, 0, 0)) for n in range(5)])
    found = await store.neighbours(name, [uid(0), uid(4), uid(9)], limit=2)
    ids = {UUID(of).int: [UUID(hit.id).int for hit in hits] for of, hits in found.items()}
    assert ids == {0: [1, 2], 4: [3, 2]}
    assert await store.neighbours(name, [], limit=2) == {}


async def test_facets_count_each_value_exactly(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, PHOTOS)
    found = await store.facet(name, "camera", limit=10)
    assert [(each.value, each.count) for each in found] == [("Sony", 2), ("Canon", 1)]
    folders = await store.facet(name, "folders", limit=1)
    assert [(each.value, each.count) for each in folders] == [("/photos", 2)]
    some = await store.facet(name, "camera", limit=10, where=Filter(ranges={"iso": Range(gte=200)}))
    assert [(each.value, each.count) for each in some] == [("Sony", 1)]


VALUES = st.none() | st.integers(0, 3)


@FEW
@given(values=st.lists(VALUES, max_size=25), limit=st.integers(1, 7), descending=st.booleans())
async def test_pages_in_an_order_give_every_point_once(
    collection: Collection, values: list[int | None], limit: int, descending: bool
) -> None:
    store, name = collection.store, collection.name
    await collection.clear()
    await store.upsert(
        name, [point(n) if value is None else point(n, iso=value) for n, value in enumerate(values)]
    )
    wanted, after, seen = Sorted(name, Order("iso", descending), None, "none"), None, list[int]()
    for _ in range(len(values) + 1):
        found, after = await store.page(wanted, limit, after)
        assert len(found) <= limit
        seen += [UUID(record.id).int for record in found]
        if after is None:
            break
    sign = -1 if descending else 1
    expected = sorted(range(len(values)), key=lambda n: _place(values[n], sign, n))
    assert seen == expected


def _place(value: int | None, sign: int, number: int) -> tuple[bool, int, int]:
    return value is None, sign * (value or 0), number


async def test_what_is_skipped_leads_to_the_same_points_as_a_cursor(collection: Collection) -> None:
    store, name = collection.store, collection.name
    days = [f"2019-07-{1 + n // 2:02}T00:00:00Z" for n in range(9)]
    await store.upsert(name, [point(n, taken_at=day, iso=n) for n, day in enumerate(days)])
    wanted = Sorted(name, Order("taken_at"), None, ("iso",))
    _, after = await store.page(wanted, 4)
    behind, _ = await store.page(wanted, 3, after)
    skipped, _ = await store.page(wanted, 3, skipped=4)
    assert [each.payload for each in behind] == [{"iso": n} for n in (4, 5, 6)]
    assert skipped == behind


async def test_a_page_of_a_ranking_shows_what_it_is_asked_for_and_the_next_begins_where_it_ended(
    collection: Collection,
) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(n, (1, n / 10, 0, 0), search_text="sea", iso=n) for n in range(5)])
    wanted = RankedBy(name, NearRanking([1, 0, 0, 0]), None, ("iso",), but=uid(0))
    first = await store.ranked_page(wanted, 2)
    second = await store.ranked_page(wanted, 2, first.next)
    assert [hit.payload for hit in (*first.hits, *second.hits)] == [{"iso": n} for n in range(1, 5)]
    assert second == await store.ranked_page(wanted, 2, skipped=2)
    assert second.next is None
    assert not first.by_words


async def test_words_that_no_point_has_leave_the_ranking_by_nearness(collection: Collection) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(n, (1, n, 0, 0), search_text="sea") for n in range(2)])

    async def found(words: str) -> RankedPage:
        ranking = FusedRanking([1, 0, 0, 0], WordRanking(TEXT, words), depth=10)
        return await store.ranked_page(RankedBy(name, ranking, None, "none"), 5)

    fused, near = await found("sea"), await found("mountain")
    assert (fused.by_words, near.by_words) == (True, False)
    assert [round(hit.score, 2) for hit in near.hits] == [1.0, 0.71]
    assert sorted(round(hit.likeness or 0, 2) for hit in fused.hits) == [0.71, 1.0]


async def test_equal_instants_are_one_value_however_they_are_written(collection: Collection) -> None:
    store, name = collection.store, collection.name
    same = ["2019-07-21T18:00:00Z", "2019-07-21T20:00:00+02:00", "2019-07-21T18:00:00+00:00"]
    await store.upsert(name, [point(n, taken_at=same[n % 3], camera="x" if n else "y") for n in range(9)])
    wanted = Sorted(name, Order("taken_at", descending=True), Filter(any_of={"camera": ["x"]}), ("camera",))
    seen: list[str] = []
    after: Cursor | None = None
    while True:
        found, after = await store.page(wanted, 2, after)
        seen += [record.id for record in found]
        if after is None:
            break
    assert seen == [uid(n) for n in range(1, 9)]


async def test_points_that_lack_a_field_are_completed_and_others_are_left_as_they_are(
    collection: Collection,
) -> None:
    store, name = collection.store, collection.name
    await store.upsert(name, [point(0, caption="a"), point(1, caption="b", search_text="mine")])
    added = {"search_text": "yours", "month": "2019-07"}
    await store.complete(name, TEXT, {uid(n): added for n in range(3)})
    found = {
        UUID(each.id).int: each.payload for each in await store.retrieve(name, [uid(n) for n in range(3)])
    }
    assert found == {0: {"caption": "a", **added}, 1: {"caption": "b", "search_text": "mine"}}
    await store.complete(name, TEXT, {})


async def test_a_new_collection_has_all_its_indexes(collection: Collection) -> None:
    assert await collection.store.ensure_indexes(collection.name) == []
    assert await collection.store.can_rank()
    shape = await collection.store.shape(collection.name)
    assert (shape.vector_size, shape.distance) == (4, "Cosine")


@pytest.mark.parametrize("order", [Order("iso"), Order("iso", descending=True), None])
async def test_pages_while_others_are_stored_miss_none_of_those_there_and_give_none_twice(
    collection: Collection, order: Order | None
) -> None:
    store, name = collection.store, collection.name
    there = [point(3 * n, (1, n % 9, 0, 0), iso=n % 7) for n in range(100)]
    await store.upsert(name, there)
    seen: list[str] = []
    after: Cursor | None = None
    place: Place | None = None
    for turn in range(20):
        if order is not None:
            records, after = await store.page(Sorted(name, order, None, "none"), 15, after)
            seen += [each.id for each in records]
        else:
            wanted = RankedBy(name, NearRanking([1, 0, 0, 0]), None, "none")
            page = await store.ranked_page(wanted, 15, place)
            seen += [hit.id for hit in page.hits]
            place = page.next
        if after is None and place is None:
            break
        numbers = (1 + 3 * turn, 301 - 3 * turn)
        await store.upsert(name, [point(n, (1, n % 9, 0, 0), iso=n % 7) for n in numbers])
    assert after is None
    assert place is None
    assert len(seen) == len(set(seen))
    assert {each.id for each in there} <= set(seen)
