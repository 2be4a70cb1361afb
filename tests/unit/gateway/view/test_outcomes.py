"""The outcomes of files in the view, whatever records they came in."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import Code, SluiceError
from libs.common.events import MAX_ITEMS, Outcome
from services.gateway.view import outcomes
from services.gateway.view.schema import open_view

JOB = str(uuid4())
CODES: dict[str, list[Code | None]] = {
    "stored": [None],
    "failed": [Code.DECODE_FAILED, Code.EMPTY_FILE],
    "skipped": [Code.CANCELLED],
}


@pytest.fixture
def view(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_view(tmp_path / "view.sqlite", "s")
    job(connection, 1, JOB)
    yield connection
    connection.close()


def job(connection: sqlite3.Connection, number: int, job_id: str) -> None:
    connection.execute(
        "INSERT INTO jobs (n, job_id, created_at, state, body) VALUES (?, ?, 0.0, 'running', x'')",
        (number, job_id),
    )


def stored(file_id: str, file: str = "/photos/a.jpg", existing_id: str | None = None) -> Outcome:
    return Outcome(file_id=file_id, file=file, outcome="stored", source="cache", existing_id=existing_id)


OUTCOME = st.sampled_from(["stored", "failed", "skipped"]).flatmap(
    lambda kind: st.builds(
        Outcome,
        file_id=st.integers(0, 60).map(str),
        # A file has one name, so that its id says which folder it is in.
        file=st.just(""),
        outcome=st.just(kind),
        code=st.sampled_from(CODES[kind]),
        existing_id=st.sampled_from([None, "other"]),
    )
)


def all_pages(connection: sqlite3.Connection, limit: int, **where: str | None) -> list[Outcome]:
    found: list[Outcome] = []
    cursor = None
    while True:
        page, cursor = outcomes.page(connection, JOB, cursor=cursor, limit=limit, **where)
        found += page
        if cursor is None:
            return found
        assert len(page) == limit


@settings(max_examples=30)
@given(
    st.lists(st.lists(OUTCOME, min_size=1, max_size=12), max_size=8),
    st.integers(1, 7),
    st.sampled_from([None, "stored", "failed", "skipped"]),
    st.sampled_from([None, "decode_failed", "cancelled"]),
)
def test_pages_hold_each_files_first_outcome_by_kind_in_the_order_they_came(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[list[Outcome]],
    limit: int,
    kind: str | None,
    code: str | None,
) -> None:
    connection = open_view(tmp_path_factory.mktemp("view") / "view.sqlite", "s")
    job(connection, 1, JOB)
    first: dict[str, Outcome] = {}
    for offset, record in enumerate(records):
        fresh = outcomes.keep(connection, 1, offset, record)
        new = {item.file_id: item for item in reversed(record) if item.file_id not in first}
        assert sorted(item.file_id for item in fresh) == sorted(new)
        for item in record:
            first.setdefault(item.file_id, item)

    wanted = [item for item in first.values() if kind in {None, item.outcome} and code in {None, item.code}]
    assert all_pages(connection, limit, outcome=kind, code=code) == sorted(wanted, key=lambda o: o.outcome)
    copies = [item for item in first.values() if item.existing_id]
    assert len(outcomes.copies(connection, JOB, limit)) == min(limit, len(copies))
    connection.close()


def test_the_copies_are_the_first_of_the_job(view: sqlite3.Connection) -> None:
    outcomes.keep(view, 1, 0, [stored("a"), stored("b", existing_id="a"), stored("c", existing_id="a")])
    outcomes.keep(view, 1, 1, [stored("d")])
    outcomes.keep(view, 1, 2, [stored("e", existing_id="d")])

    assert [item.file_id for item in outcomes.copies(view, JOB, 2)] == ["b", "c"]
    assert [item.file_id for item in outcomes.copies(view, JOB, 9)] == ["b", "c", "e"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["replayed", "copied"])
def test_a_file_whose_name_could_not_be_read_is_still_that_file(
    view: sqlite3.Connection, order: tuple[int, int]
) -> None:
    """Its record became a dead letter, told of by the id; a replay or a copy of it told of it by name."""
    late = Outcome(file_id="b", file="b", outcome="failed", code=Code.UNDECODABLE_RECORD)
    both = [late, stored("b", "/photos/b.jpg")]
    outcomes.keep(view, 1, 0, [stored("a", "/photos/a.jpg"), stored("c", "/photos/2/c.jpg")])

    assert outcomes.keep(view, 1, 1, [both[order[0]]]) == [both[order[0]]]
    assert outcomes.keep(view, 1, 2, [both[order[1]], stored("a", "/photos/a.jpg")]) == []
    assert outcomes.keep(view, 1, 3, [late, stored("c", "/photos/2/c.jpg"), stored("d")]) == [stored("d")]
    assert len(outcomes.page(view, JOB, limit=9)[0]) == 4


@pytest.mark.parametrize(
    "cursor", ["stored/", "stored/x", "stored/nan", "stored/inf", f"stored/{1 << 70}", "x"]
)
def test_a_cursor_from_elsewhere_is_refused(view: sqlite3.Connection, cursor: str) -> None:
    with pytest.raises(SluiceError) as caught:
        outcomes.page(view, JOB, cursor=cursor, limit=1)

    assert caught.value.code is Code.INVALID_REQUEST


def test_one_job_is_forgotten_and_the_other_is_not(
    view: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "FORGET_FILES", 700)
    job(view, 2, str(uuid4()))
    for number in (1, 2):
        for offset in range(3):
            outcomes.keep(view, number, offset, [stored(f"{offset}/{n}") for n in range(MAX_ITEMS)])

    assert [outcomes.forget(view, 1) for _ in range(4)] == [701, 701, 101, 0]
    assert outcomes.page(view, JOB, limit=1) == ([], None)
    assert view.execute("SELECT DISTINCT job FROM files").fetchall() == [(2,)]
    assert view.execute("SELECT job, count(*) FROM outcomes GROUP BY job").fetchall() == [(2, 3)]


def test_a_record_of_one_folder_changes_few_pages_however_large_the_job(view: sqlite3.Connection) -> None:
    """Each page that a transaction changes is written whole: one for each file would be 4 KB a file."""

    def record(folder: int, first: int) -> list[Outcome]:
        return [stored(str(uuid4()), f"/photos/{folder}/{first + n}.jpg") for n in range(MAX_ITEMS)]

    for offset in range(100):
        outcomes.keep(view, 1, offset, record(offset // 2, offset % 2))
    view.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outcomes.keep(view, 1, 100, record(50, 0))
    _, pages, _ = view.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    assert view.execute("PRAGMA page_count").fetchone()[0] > 1000
    # Some 20 for the bodies in a row, some 10 for the index.
    assert pages < 100


def test_a_record_longer_than_a_statement_keeps_each_new_file_once(view: sqlite3.Connection) -> None:
    view.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 16)
    ids = ["a", "b", "c", "d", "e", "a", "f", "f", "b", "g"]

    assert [item.file_id for item in outcomes.keep(view, 1, 0, [stored(each) for each in "ae"])] == ["a", "e"]
    kept = outcomes.keep(view, 1, 1, [stored(each) for each in ids])
    assert [item.file_id for item in kept] == ["b", "c", "d", "f", "g"]
