"""The rows of a manifest, one after another: memory stays flat however many there are."""

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from msgspec import json

from libs.common.errors import Code, FileError
from libs.common.labels import Value
from libs.common.sources.manifests.values import meta_of, typed
from libs.common.sources.source import OpenFile
from libs.common.unreadable import UNREADABLE

if TYPE_CHECKING:
    from _csv import Reader

URI_FIELDS = ("uri", "url", "path")
"""The first of these that a row has names its file."""
LONGEST_LINE = 1 << 20
_DELIMITERS = ",;\t|"
_ROWS_AT_ONCE = 1000

csv.field_size_limit(LONGEST_LINE)


class Row(NamedTuple):
    """What the row in this line says; the first one is line 1."""

    line: int
    uri: str
    meta: dict[str, Value]


class BadRow(NamedTuple):
    """A row that names no file, and why."""

    line: int
    why: str


Rows = Iterator[Row | BadRow]


def rows_of(file: OpenFile, suffix: str) -> Rows:
    """The rows of the open manifest; FileError manifest_row where it is none as a whole."""
    with os.fdopen(os.dup(file.descriptor), "rb") as stream:
        stream.seek(0)
        yield from READERS[suffix](stream)


def _jsonl(stream: BinaryIO) -> Rows:
    line = 0
    while data := stream.readline(LONGEST_LINE):
        line += 1
        if len(data) == LONGEST_LINE and not data.endswith(b"\n"):
            _skip_line(stream)
            yield BadRow(line, f"it has more than {LONGEST_LINE >> 20} MB")
        elif data.strip():
            yield _json_row(line, data)


def _json_row(line: int, data: bytes) -> Row | BadRow:
    try:
        found = json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except UNREADABLE as error:
        return BadRow(line, f"it is no JSON: {error}")
    if not isinstance(found, dict):
        return BadRow(line, "it is no JSON object")
    return _row(line, found)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        continue


def _csv(stream: BinaryIO) -> Rows:
    with TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as text:
        first = text.readline(LONGEST_LINE)
        delimiter = max(_DELIMITERS, key=first.count)
        names = _names(first, delimiter)
        if not set(names).intersection(URI_FIELDS):
            raise FileError(Code.MANIFEST_ROW, "Its first line names no column uri, url or path")
        yield from _cells(csv.reader(text, delimiter=delimiter), names)


def _names(first: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return []


def _cells(reader: "Reader", names: list[str]) -> Rows:
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRow(line, f"it is no CSV: {error}")
            continue
        if cells is None:
            return
        if cells:
            yield _csv_row(line, names, cells)


def _csv_row(line: int, names: list[str], cells: list[str]) -> Row | BadRow:
    if len(cells) != len(names):
        return BadRow(line, f"it has {len(cells)} cells, and the first line {len(names)}")
    if any("\ufffd" in cell for cell in cells):
        return BadRow(line, "it is not UTF-8")
    row = dict(zip(names, cells, strict=True))
    return _row(line, {name: cell if name in URI_FIELDS else typed(cell) for name, cell in row.items()})


def _parquet(stream: BinaryIO) -> Rows:
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - 100 MB that an extra brings
    except ImportError as error:
        raise FileError(
            Code.MANIFEST_ROW, "Parquet needs pyarrow: install sluice[parquet], or write it as .jsonl"
        ) from error
    try:
        line = 0
        for batch in parquet.ParquetFile(stream).iter_batches(batch_size=_ROWS_AT_ONCE):
            for found in batch.to_pylist():
                line += 1
                yield _row(line, found)
    except (ArrowException, OSError, ValueError, OverflowError) as error:
        raise FileError(Code.MANIFEST_ROW, f"It is no Parquet: {error}") from error


def _row(line: int, found: Mapping[str, Any]) -> Row | BadRow:
    name = next((name for name in URI_FIELDS if found.get(name)), None)
    if name is None:
        return BadRow(line, "it names no file: it needs uri, url or path")
    uri = found[name]
    if not isinstance(uri, str):
        return BadRow(line, f"{name} is no text")
    try:
        return Row(line, uri, meta_of({field: value for field, value in found.items() if field != name}))
    except (ValueError, TypeError, OverflowError) as error:
        return BadRow(line, str(error))


READERS: Mapping[str, Callable[[BinaryIO], Rows]] = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
"""By the suffix of the manifest's name."""
