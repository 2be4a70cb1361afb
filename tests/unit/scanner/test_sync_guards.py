"""When a sync removes nothing without being asked."""

import pytest

from libs.common.events import Prune
from services.scanner.sync.guards import Situation, is_whole, objection
from services.scanner.sync.place import place_of

MOST = 0.1


def situation(**fields: object) -> Situation:
    values: dict[str, object] = {
        "files": 95, "unreadable": 0, "gone": 5, "points": 100, "place": "ext4 /dev/sda1",
        "place_before": "ext4 /dev/sda1",
    }  # fmt: skip
    return Situation(**(values | fields))  # type: ignore[arg-type]


def test_a_few_gone_files_are_removed() -> None:
    assert objection(situation(), "auto", MOST) is None
    assert objection(situation(place_before=None), "auto", MOST) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"place": None}, "missing"),
        ({"files": 0, "gone": 100}, "empty"),
        ({"unreadable": 1}, "not whole"),
    ],
)
@pytest.mark.parametrize("prune", ["auto", "ask", "now"])
def test_nothing_is_removed_where_files_may_only_be_out_of_sight(
    fields: dict[str, object], words: str, prune: Prune
) -> None:
    found = situation(**fields)
    assert words in (objection(found, prune, MOST) or "")
    assert not is_whole(found)


@pytest.mark.parametrize(
    ("fields", "prune", "words"),
    [
        ({"place": "ext4 /dev/sda2"}, "auto", "another device"),
        ({"gone": 11}, "auto", "11 of 100 files are gone, more than 10%"),
        ({}, "ask", "asked"),
        ({}, "off", "off"),
    ],
)
def test_what_looks_wrong_waits_for_a_person_who_may_have_it_done(
    fields: dict[str, object], prune: Prune, words: str
) -> None:
    assert words in (objection(situation(**fields), prune, MOST) or "")
    assert objection(situation(**fields), "now", MOST) is None


def test_nothing_gone_is_no_reason_to_wait() -> None:
    assert objection(situation(gone=0, files=0, place=None), "ask", MOST) is None


def test_a_folder_that_is_not_there_has_no_place() -> None:
    assert place_of(b"/not/there") is None
    assert place_of(b"/") == place_of(b"/.")
