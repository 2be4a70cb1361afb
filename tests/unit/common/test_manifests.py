import csv
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from libs.common.errors import Code
from libs.common.labels import check_metadata
from libs.common.sources.entries import Entry, Found, Rejected
from libs.common.sources.manifests.values import meta_of, typed
from libs.common.sources.roots import ANYWHERE, Roots
from libs.common.sources.source import Listing
from libs.common.sources.sources import Sources


def listed(manifest: Path, roots: Roots = ANYWHERE) -> list[Entry]:
    path = os.fsencode(manifest)
    return list(Sources(roots).list(path, Listing()))


def found(entries: list[Entry]) -> list[Found]:
    return [each for each in entries if isinstance(each, Found)]


def rejected(entries: list[Entry]) -> dict[str, Rejected]:
    return {each.path.decode().rpartition("/")[2]: each for each in entries if isinstance(each, Rejected)}


def photos(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"photo")


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows as a manifest of the kind that its suffix says."""
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case ".csv":
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case ".parquet":
            parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_rows_are_files_with_what_the_rows_say(tmp_path: Path, suffix: str) -> None:
    photos(tmp_path, "a.jpg", "sub/ü b.jpg")
    rows = [
        {"uri": "a.jpg", "product id": "0042", "price": 9.5, "stock": 3},
        {"uri": (tmp_path / "sub/ü b.jpg").as_uri(), "product id": "A-7", "price": 1.25, "stock": 0},
    ]
    one, other = found(listed(written(tmp_path / f"list{suffix}", rows)))
    assert (one.path, other.path) == (bytes(tmp_path / "a.jpg"), os.fsencode(tmp_path / "sub/ü b.jpg"))
    assert one.extra.meta == {"product_id": "0042", "price": 9.5, "stock": 3}
    assert other.extra.meta == {"product_id": "A-7", "price": 1.25, "stock": 0}
    assert (one.size, one.mtime_ns) == (5, (tmp_path / "a.jpg").stat().st_mtime_ns)


def test_a_bad_row_is_a_failed_file_with_its_line(tmp_path: Path) -> None:
    photos(tmp_path, "a.jpg")
    manifest = tmp_path / "list.jsonl"
    lines: list[bytes] = [
        b'{"uri": "a.jpg"}',
        b"no json",
        b"",
        b'["a.jpg"]',
        b'{"name": "a.jpg"}',
        b'{"uri": 7}',
        b'{"uri": "a.jpg\\u0000"}',
        b'{"uri": "\xff.jpg"}',
        b'{"uri": "gone.jpg"}',
        b'{"uri": "a.pdf"}',
        b'{"uri": "s3://key:secret@bucket/a.jpg"}',
        b'{"uri": "https://b.s3.amazonaws.com/a.jpg?X-Amz-Signature=secret"}',
        b'{"uri": "ftp://host/a.jpg"}',
        b'{"uri": "a.jpg", "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"uri": "https://[::1/a.jpg"}',
        b'{"uri": "a.jpg", "a b": 1, "a-b": 2, "a_b": 3}',
        json.dumps({"uri": "a.jpg", "text": "x" * 5000}).encode(),
        b'{"uri": "' + b"x" * (2 << 20) + b'"}',
        b'{"url": "a.jpg"}',
    ]
    manifest.write_bytes(b"\n".join(lines))
    entries = listed(manifest)
    failed = rejected(entries)
    assert len(found(entries)) == 2
    bad = {
        int(name.rpartition(":")[2]) for name, each in failed.items() if each.error.code is Code.MANIFEST_ROW
    }
    assert bad == {2, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18}
    assert failed["gone.jpg"].error.code is Code.FILE_VANISHED
    assert "line 9 of the manifest" in failed["gone.jpg"].error.detail
    assert failed["a.pdf"].error.code is Code.UNSUPPORTED_TYPE
    assert "secret" not in "".join(each.error.detail + each.path.decode() for each in failed.values())


def test_a_csv_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    photos(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    text = '\ufeffuri;Größe;note\r\na.jpg;007;"two\r\nlines"\r\nb.jpg;12;\r\nshort.jpg\r\nc.jpg;1,5;x\r\n'
    (tmp_path / "list.csv").write_bytes(text.encode())
    entries = listed(tmp_path / "list.csv")
    assert [each.extra.meta for each in found(entries)] == [
        {"Gr_e": "007", "note": "two\r\nlines"},
        {"Gr_e": 12},
        {"Gr_e": "1,5", "note": "x"},
    ]
    assert list(rejected(entries)) == ["list.csv:5"]


@pytest.mark.parametrize("name", ["list.parquet", "list.csv", "list.jsonl"])
def test_what_is_no_manifest_is_one_failure(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(os.urandom(1000).replace(b"\n", b" "))
    entries = listed(tmp_path / name)
    assert not found(entries)
    assert len(entries) <= 1


def test_rows_lie_below_what_may_be_read(tmp_path: Path) -> None:
    photos(tmp_path, "lists/in.jpg", "out/a.jpg")
    manifest = tmp_path / "lists/list.jsonl"
    manifest.write_text('{"uri": "in.jpg"}\n{"uri": "../out/a.jpg"}\n{"uri": "/etc/x.jpg"}\n')
    entries = listed(manifest, Roots(()))
    assert [each.path for each in found(entries)] == [bytes(tmp_path / "lists/in.jpg")]
    assert {each.error.code for each in rejected(entries).values()} == {Code.OUTSIDE_ROOTS}


def test_two_thousand_rows_of_which_twenty_are_broken(tmp_path: Path) -> None:
    check_many(tmp_path, 2_000, 20)


@pytest.mark.slow
def test_a_hundred_thousand_rows_of_which_a_hundred_are_broken(tmp_path: Path) -> None:
    check_many(tmp_path, 100_000, 100)


def check_many(folder: Path, rows: int, broken: int) -> None:
    """Every row is an entry, the broken ones by their lines, in flat memory."""
    photos(folder, *(f"{number}.jpg" for number in range(10)))
    step = rows // broken
    with (folder / "list.jsonl").open("w") as file:
        for number in range(rows):
            broken_now = number % step == step - 1
            file.write("{broken\n" if broken_now else f'{{"uri": "{number % 10}.jpg", "n": {number}}}\n')
    good, lines, before = 0, list[int](), resident()
    for each in Sources(ANYWHERE).list(os.fsencode(folder / "list.jsonl"), Listing()):
        if isinstance(each, Found):
            good += each.extra.meta["n"] == good + len(lines)
        else:
            lines.append(int(each.path.rpartition(b":")[2]))
    assert good == rows - broken
    assert lines == list(range(step, rows + 1, step))
    assert resident() - before < 32 << 20


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(psutil.Process().memory_info().rss)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.dictionaries(st.text("aZ9_- ü.", max_size=8), VALUES, max_size=9))
def test_any_row_is_metadata_or_says_why_not(row: dict[str, Any]) -> None:
    try:
        meta = meta_of(row)
    except ValueError:
        return
    check_metadata(meta)
    json.dumps(meta, allow_nan=False)


def test_other_values_become_texts_and_numbers() -> None:
    at = datetime(2024, 5, 1, 12, tzinfo=UTC)
    row = {
        "day": date(2024, 5, 1),
        "at": at,
        "price": Decimal("9.50"),
        "tags": ["a", "b"],
        "big": 2**70,
        "no": None,
    }
    assert meta_of(row) == {
        "day": "2024-05-01",
        "at": "2024-05-01T12:00:00+00:00",
        "price": 9.5,
        "tags": '["a","b"]',
        "big": str(2**70),
    }


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12", 12), ("-1.50", -1.5), ("007", "007"), ("1e5", "1e5"), ("0", 0), ("1" * 19, "1" * 19)],
)
def test_cells_that_are_written_like_numbers_are_numbers(cell: str, value: Any) -> None:
    assert typed(cell) == value
    assert type(typed(cell)) is type(value)
