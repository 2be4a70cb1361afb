"""Printing: plain lines and tables, colour only at a terminal, JSON for programs."""

import csv
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len

from sluice.cli.fitting import columns, folded, tail_of
from sluice.printable import printable

if TYPE_CHECKING:
    from rich.console import Console


def console(*, stderr: bool = False) -> "Console":
    """A console for people. Without a terminal, or with NO_COLOR, it writes no colour."""
    # Only here: lines and tables need none, and it takes a tenth of a command's time.
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr, highlight=False)


def line(text: str, *, stderr: bool = False) -> None:
    """One line, never broken, whatever a file name in it holds."""
    print(printable(text), file=sys.stderr if stderr else sys.stdout, flush=True)


def sentence(text: str, *, stderr: bool = False) -> None:
    """What people read: at a terminal broken between words."""
    for row in folded(printable(text)):
        line(row, stderr=stderr)


def remark(text: str) -> None:
    """What a person may want to know, and no program: on standard error."""
    sentence(text, stderr=True)


def as_json(body: Any, *, on_one_line: bool = False) -> None:
    """The body as JSON, indented unless it is one of several lines."""
    encoded = msgspec.json.encode(body)
    text = encoded if on_one_line else msgspec.json.format(encoded, indent=2)
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> None:
    """Aligned columns under their titles; the columns named in `numbers` to the right.

    A row is one line: at a terminal that is too narrow the last column, a path, loses its start.
    """
    lines = _fitted([titles, *([printable(cell) for cell in row] for row in rows)])
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(titles))]
    rights = [title in numbers for title in titles]
    for number, cells in enumerate(lines):
        text = "  ".join(map(_aligned, cells, widths, rights)).rstrip()
        print(_bold(text) if number == 0 else text, flush=True)


def _bold(text: str) -> str:
    """The text in bold where a terminal can show that."""
    can = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return f"\x1b[1m{text}\x1b[0m" if can else text


def _fitted(lines: list[Sequence[str]]) -> list[Sequence[str]]:
    width = columns()
    if width is None:
        return lines
    before = sum(max(cell_len(row[column]) for row in lines) + 2 for column in range(len(lines[0]) - 1))
    room = max(width - before, len(lines[0][-1]), 8)
    return [lines[0], *([*row[:-1], tail_of(row[-1], room)] for row in lines[1:])]


def _aligned(cell: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


def as_csv(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The rows under their titles, as spreadsheets read them; no value is there as nothing."""
    writer = csv.writer(sys.stdout)
    writer.writerow(titles)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    sys.stdout.flush()


def local_time(at: datetime | None) -> str:
    """A time as people here read it; empty where there is none."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
