import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.duplicates.keeper import Traits, best, has_copy_mark, traits_of
from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected
from libs.common.store.protocol import Payload, Record

BASE: Payload = {
    "width": 4000, "height": 3000, "format": "JPEG", "full_path": "/photos/a/b (1).jpg",
    "exif_Image_Make": "Sony", "taken_at": "2019-07-21T18:03:11",
}  # fmt: skip

candidates = st.lists(
    st.builds(
        Traits,
        id=st.uuids().map(str),
        is_protected=st.booleans(),
        is_link=st.booleans(),
        area=st.integers(0, 2),
        is_raw=st.booleans(),
        exif_tags=st.integers(0, 2),
        notes=st.integers(0, 1),
        taken_at=st.sampled_from(["2019", "2020"]),
        has_copy_mark=st.booleans(),
        path_length=st.sampled_from([5.0, 6.0, float("inf")]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each.id,
)


def order(each: Traits) -> tuple[object, ...]:
    """The rule of the contract as one key; the smallest is kept."""
    return (
        not each.is_protected, each.is_link, -each.area, not each.is_raw, -each.exif_tags, -each.notes,
        each.taken_at, each.has_copy_mark, each.path_length, each.id,
    )  # fmt: skip


def keeper(points: Sequence[Record]) -> tuple[str, str]:
    return Policy(Protected.of(["/photos/best/"])).keeper(points)


@pytest.mark.parametrize(
    ("better", "reason"),
    [
        ({"width": 4001}, "the largest picture"),
        ({"format": "DNG"}, "a RAW file"),
        ({"exif_EXIF_FNumber": "8"}, "the richest EXIF"),
        ({"rating": 4.0}, "the most ratings, people and keywords"),
        ({"keywords": ["beach"]}, "the most ratings, people and keywords"),
        ({"taken_at": "2018-07-21T18:03:11"}, "taken first"),
        ({"full_path": "/photos/a/b.jpg"}, "a name without a copy mark"),
        ({"full_path": "/photos/b (1).jpg"}, "the shortest path"),
        ({"full_path": "/photos/best/of/all/b (1).jpg"}, "in a protected folder"),
    ],
)
def test_each_rule_decides_where_those_before_it_do_not(better: Payload, reason: str) -> None:
    worse, good = Record("1", BASE), Record("2", BASE | better)

    assert keeper([good, worse]) == ("2", reason)
    assert keeper([worse, good]) == ("2", reason)


def test_a_link_is_kept_last() -> None:
    link = BASE | {"width": 9000, "link_target": "/elsewhere/b.jpg", "full_path": "/b.jpg"}

    assert keeper([Record("1", link), Record("2", BASE)]) == ("2", "a file, not a link")


def test_the_times_of_the_files_decide_nothing() -> None:
    older = BASE | {"mtime_ns": 1, "stored_at": 1.0}

    assert keeper([Record("2", older), Record("1", BASE)])[0] == "1"


def test_what_the_camera_says_tells_when_it_was_taken() -> None:
    dated = {"full_path": "/a.jpg", "exif_EXIF_DateTimeOriginal": "2019:07:21 18:03:11"}
    empty = {"full_path": "/b.jpg", "exif_EXIF_DateTimeOriginal": "0000:00:00 00:00:00"}

    assert traits_of(Record("1", dated)).taken_at == "2019-07-21T18:03:11"
    assert keeper([Record("1", empty), Record("2", dated)]) == ("2", "taken first")


@pytest.mark.parametrize(
    "name",
    ["a (1).jpg", "a(12).jpg", "a copy.jpg", "a copy 2.jpg", "a - Copy.jpg", "a - Kopie (3).jpg",
     "a-edited.jpg", "Copy of a.jpg", "Kopie von a.jpg", "IMG_1_copy.png"],
)  # fmt: skip
def test_copy_marks_are_known(name: str) -> None:
    assert has_copy_mark(f"/photos/{name}")


@pytest.mark.parametrize(
    "name", ["a.jpg", "IMG_2041.jpg", "copyright.jpg", "2019 (Rome).jpg", "edited.jpg", "x (2019).jpg"]
)
def test_other_names_are_none(name: str) -> None:
    assert not has_copy_mark(f"/photos (1)/{name}")


def test_a_larger_picture_beats_all_that_its_file_has() -> None:
    small = BASE | {
        "width": 100,
        "format": "DNG",
        "exif_EXIF_FNumber": "8",
        "taken_at": "1",
        "full_path": "/b",
    }

    assert keeper([Record("1", small), Record("2", BASE)]) == ("2", "the largest picture")


def test_what_is_not_known_counts_as_the_worst() -> None:
    unknown: Payload = {"width": None, "height": "high", "rating": "five", "full_path": None}

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
def test_what_is_protected_alone_is_kept(found: list[Traits], place: int) -> None:
    chosen = found[place % len(found)]
    marked = [replace(each, is_protected=each is chosen) for each in found]

    assert best(marked)[0] == chosen.id


def test_traits_come_from_the_payload() -> None:
    assert traits_of(Record("1", BASE)) == Traits(
        "1", False, False, 12_000_000, False, 1, 0, "2019-07-21T18:03:11", True, 19
    )
