import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.keeper import Traits, best, keeper, traits_of
from libs.common.store.protocol import Payload, Record

BASE: Payload = {
    "width": 4000, "height": 3000, "format": "JPEG", "mtime_ns": 2_000, "full_path": "/photos/a/b.jpg",
    "exif_Image_Make": "Sony",
}  # fmt: skip

candidates = st.lists(
    st.builds(
        Traits,
        id=st.uuids().map(str),
        area=st.integers(0, 2),
        is_raw=st.booleans(),
        exif_tags=st.integers(0, 2),
        mtime_ns=st.sampled_from([1.0, 2.0, float("inf")]),
        path_length=st.sampled_from([5.0, 6.0, float("inf")]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each.id,
)


def order(each: Traits) -> tuple[object, ...]:
    """The rule of the contract as one key; the smallest is kept."""
    return -each.area, not each.is_raw, -each.exif_tags, each.mtime_ns, each.path_length, each.id


@pytest.mark.parametrize(
    ("better", "reason"),
    [
        ({"width": 4001}, "the largest picture"),
        ({"format": "DNG"}, "a RAW file"),
        ({"exif_EXIF_FNumber": "8"}, "the richest EXIF"),
        ({"mtime_ns": 1_999}, "the oldest file"),
        ({"full_path": "/photos/b.jpg"}, "the shortest path"),
    ],
)
def test_each_rule_decides_where_those_before_it_do_not(better: Payload, reason: str) -> None:
    worse, good = Record("1", BASE), Record("2", BASE | better)

    assert keeper([worse, good]) == ("2", reason)


def test_a_larger_picture_beats_all_else() -> None:
    small = BASE | {"width": 100, "format": "DNG", "exif_EXIF_FNumber": "8", "mtime_ns": 1, "full_path": "/b"}

    assert keeper([Record("1", small), Record("2", BASE)]) == ("2", "the largest picture")


def test_what_is_not_known_counts_as_the_worst() -> None:
    unknown: Payload = {"width": None, "height": "high", "mtime_ns": None, "full_path": None}

    assert keeper([Record("1", unknown), Record("2", BASE)])[0] == "2"
    assert keeper([Record("2", unknown), Record("1", unknown)])[0] == "1"


def test_of_nothing_nothing_is_kept() -> None:
    with pytest.raises(ValueError, match="nothing to keep"):
        keeper([])


@given(candidates, st.randoms(use_true_random=False))
def test_it_is_the_least_by_the_rule_whatever_the_order(found: list[Traits], chance: random.Random) -> None:
    shuffled = found.copy()
    chance.shuffle(shuffled)

    assert best(shuffled) == best(found)
    assert best(found)[0] == min(found, key=order).id


@given(candidates)
def test_removing_another_never_changes_the_choice(found: list[Traits]) -> None:
    kept, _ = best(found)

    for other in found:
        if other.id != kept:
            assert best([each for each in found if each is not other])[0] == kept


@given(candidates, st.integers(0, 11))
def test_a_picture_made_larger_than_all_is_kept(found: list[Traits], place: int) -> None:
    chosen = found[place % len(found)]
    grown = [replace(each, area=9) if each is chosen else each for each in found]

    assert best(grown)[0] == chosen.id


def test_traits_come_from_the_payload() -> None:
    assert traits_of(Record("1", BASE)) == Traits("1", 12_000_000, False, 1, 2_000, 15)
