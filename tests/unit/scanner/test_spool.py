import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.errors import Code
from libs.common.events import Counts, Outcome
from libs.common.ids import display_name
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool" / "job.sqlite")
    yield spool
    spool.close()


def file(number: int) -> Spooled:
    return Spooled(file_id=str(UUID(int=number)), path=b"/photos/%d.jpg" % number, size=number)


def outcome(number: int, kind: Literal["stored", "failed", "skipped"] = "stored") -> Outcome:
    return Outcome(file_id=str(UUID(int=number)), file=f"/photos/{number}.jpg", outcome=kind)


def test_files_are_taken_once_in_the_order_of_the_listing(spool: Spool) -> None:
    spool.add([file(3), file(1), file(2)])
    assert [taken.path for taken in spool.take(2, 0.0)] == [b"/photos/3.jpg", b"/photos/1.jpg"]
    assert spool.take(2, 0.0) == [file(2)]
    assert spool.take(2, 0.0) == []


def test_a_refused_file_comes_back_with_its_reason(spool: Spool) -> None:
    refused = Spooled(
        file_id="a", path=b"\xff.txt", code=Code.UNSUPPORTED_TYPE, error="Skipped", details="Not supported"
    )
    spool.add([refused])
    assert spool.take(1, 0.0) == [refused]


def test_counts_follow_a_file_from_listing_to_outcome(spool: Spool) -> None:
    spool.add([file(1), file(2)])
    spool.take(1, 0.0)
    assert (spool.total, spool.in_flight, spool.ended) == (2, 1, 0)
    assert spool.fold([outcome(1)]) == 1
    assert (spool.total, spool.in_flight, spool.ended, spool.done) == (2, 0, 1, False)


def test_the_first_outcome_of_a_file_wins(spool: Spool) -> None:
    spool.add([file(1)])
    assert spool.fold([outcome(1, "failed"), outcome(1, "stored")]) == 1
    assert spool.fold([outcome(1, "skipped")]) == 0
    assert spool.tally() == Counts(total=1, failed=1)


def test_a_file_with_an_outcome_is_not_emitted_when_it_is_listed_afterwards(spool: Spool) -> None:
    spool.fold([outcome(1)])
    spool.add([file(1), file(2)])
    assert spool.take(10, 0.0) == [file(2)]
    assert spool.total == 2


def test_an_outcome_that_comes_before_emission_is_enough(spool: Spool) -> None:
    spool.add([file(1)])
    spool.fold([outcome(1)])
    assert spool.take(10, 0.0) == []
    assert spool.done


def test_cached_files_count_as_stored_too(spool: Spool) -> None:
    spool.fold([Outcome(file_id="a", file="a", outcome="stored", source="cache"), outcome(1)])
    assert spool.tally() == Counts(total=2, stored=2, from_cache=1)


def test_what_is_under_way_is_paged(spool: Spool) -> None:
    spool.add(file(number) for number in range(5))
    spool.take(4, 0.0)
    spool.fold([outcome(0)])
    first = spool.under_way(2)
    assert first == [file(1), file(2)]
    assert spool.under_way(2, after=first[-1]) == [file(3)]


def test_a_new_spool_knows_nothing_of_what_an_earlier_run_left(tmp_path: Path) -> None:
    path = tmp_path / "job.sqlite"
    path.write_bytes(b"not a database")
    spool = Spool(path)
    assert (spool.total, spool.take(1, 0.0)) == (0, [])
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_spool_of_the_release_before_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "job.sqlite"
    with sqlite3.connect(path) as before:
        before.execute("CREATE TABLE files (number INTEGER PRIMARY KEY, file_id TEXT UNIQUE, state INTEGER)")
        before.execute("INSERT INTO files VALUES (1, 'a', 1)")
    before.close()
    spool = Spool(path)
    spool.add([file(1)])
    assert (spool.total, spool.in_flight, spool.take(9, 0.0)) == (1, 0, [file(1)])
    spool.close()


def nameless(number: int) -> Outcome:
    """What is reported of a record that could not be decoded."""
    file_id = str(UUID(int=number))
    return Outcome(file_id=file_id, file=file_id, outcome="failed", code=Code.UNDECODABLE_RECORD)


def test_an_outcome_without_the_files_name_is_that_of_its_file(spool: Spool) -> None:
    spool.add([file(1), file(2), file(3)])
    spool.take(2, 0.0)
    assert spool.fold([nameless(1)]) == 1
    assert spool.fold([outcome(1), outcome(2)]) == 1
    assert spool.take(5, 0.0) == [file(3)]
    assert spool.under_way(5) == [file(3)]
    spool.add([file(1), file(3)])
    assert (spool.total, spool.in_flight, spool.ended) == (3, 1, 2)


def test_an_outcome_without_a_name_that_comes_before_the_listing_is_enough(spool: Spool) -> None:
    spool.fold([outcome(1), nameless(2)])
    spool.add([file(1), file(2), file(3)])
    assert spool.take(5, 0.0) == [file(3)]
    assert (spool.total, spool.ended) == (3, 2)


def test_a_retry_wants_a_file_whose_failure_does_not_name_it(spool: Spool) -> None:
    spool.remember([outcome(1, "failed"), outcome(3)], None)
    spool.remember([nameless(2)], None)
    ids = [str(UUID(int=number)) for number in (1, 2, 3)]
    named = [(id_, f"/photos/{number}.jpg") for number, id_ in enumerate(ids, start=1)]
    assert spool.wanted(named) == set(ids[:2])
    spool.not_wanted(named[1:])
    assert spool.wanted(named) == {ids[0]}


@pytest.mark.parametrize("below", [b"a.jpg", b"b\xff/a.jpg", b"\xc3\xa4/a.jpg"])
def test_an_outcome_names_its_file_as_people_are_shown_it(tmp_path: Path, below: bytes) -> None:
    spool = Spool(tmp_path / "job.sqlite", b"/uploads/u/")
    spool.add([Spooled(file_id="a", path=b"/uploads/u/" + below)])
    spool.take(1, 0.0)
    assert spool.fold([Outcome(file_id="a", file=display_name(below), outcome="stored")]) == 1
    assert (spool.total, spool.done) == (1, True)
    spool.close()


def test_a_retry_of_points_wants_one_whose_path_was_corrected_since(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "job.sqlite", by_id=True)
    failed = Outcome(file_id="a", file="/wrong/a.jpg", outcome="failed", code=Code.FILE_VANISHED)
    spool.remember([failed], None)
    assert spool.wanted([("a", "/right/a.jpg")]) == {"a"}
    spool.add([Spooled(file_id="a", path=b"/right/a.jpg")])
    assert not spool.missed()
    spool.close()


def test_a_retry_wants_the_failed_files_and_misses_those_that_are_gone(spool: Spool) -> None:
    failed = Outcome(file_id="b", file="/b.jpg", outcome="failed", code=Code.DECODE_FAILED)
    other = Outcome(file_id="c", file="/c.jpg", outcome="failed", code=Code.TOO_LARGE)
    spool.remember([outcome(1), failed, other], [Code.DECODE_FAILED])
    assert spool.wanted([("b", "/b.jpg"), ("c", "/c.jpg"), (outcome(1).file_id, outcome(1).file)]) == {"b"}
    assert spool.wanted() == {"b"}
    spool.add_gone()
    (gone,) = spool.take(5, 0.0)
    assert (gone.file_id, gone.path, gone.code) == ("b", b"/b.jpg", Code.FILE_VANISHED)


def test_a_retry_wants_what_was_no_picture_only_where_it_is_asked_for(spool: Spool) -> None:
    no_picture = Outcome(file_id="b", file="/b.gif", outcome="skipped", code=Code.UNSUPPORTED_TYPE)
    spool.remember([no_picture], None)
    assert spool.wanted() == set()


def test_a_retry_of_what_was_no_picture_wants_it(spool: Spool) -> None:
    no_picture = Outcome(file_id="b", file="/b.gif", outcome="skipped", code=Code.UNSUPPORTED_TYPE)
    spool.remember([no_picture], [Code.UNSUPPORTED_TYPE])
    assert spool.wanted() == {"b"}


def test_the_retry_of_a_cancelled_job_wants_what_was_skipped(spool: Spool) -> None:
    skipped = Outcome(file_id="b", file="/b.jpg", outcome="skipped", code=Code.CANCELLED)
    archived = Outcome(file_id="c", file="/c.jpg", outcome="skipped", code=Code.ARCHIVED)
    spool.remember([outcome(1), skipped, archived], None)
    assert spool.wanted([("b", "/b.jpg"), ("c", "/c.jpg"), (outcome(1).file_id, outcome(1).file)]) == {"b"}


def test_a_file_that_was_stored_before_a_late_failure_is_not_wanted_again(spool: Spool) -> None:
    spool.remember([outcome(1)], None)
    spool.remember([outcome(1, "failed")], None)
    assert spool.wanted() == set()


numbers = st.integers(0, 12)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(numbers, max_size=6)),
        st.tuples(st.just("fold"), st.lists(numbers, max_size=6)),
        st.tuples(st.just("nameless"), st.lists(numbers, max_size=2)),
        st.tuples(st.just("take"), st.lists(numbers, max_size=4)),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_counts_are_those_of_sets(tmp_path: Path, steps: list[tuple[str, list[int]]]) -> None:
    spool = Spool(tmp_path / "model.sqlite")
    files: set[int] = set()
    ended: set[int] = set()
    taken: set[int] = set()
    for step, given_numbers in steps:
        if step == "add":
            spool.add(file(number) for number in given_numbers)
            files |= set(given_numbers)
        elif step in ("fold", "nameless"):
            fresh, reported = set(given_numbers) - ended, outcome if step == "fold" else nameless
            assert spool.fold([reported(number) for number in given_numbers]) == len(fresh)
            ended |= fresh
        else:
            got = {UUID(one.file_id).int for one in spool.take(len(given_numbers), 0.0)}
            assert got <= files - ended - taken
            taken |= got
        assert (spool.total, spool.ended) == (len(files | ended), len(ended))
        assert spool.in_flight == len(taken - ended)
    spool.close()
