"""Printing: plain lines and tables, colour only at a terminal, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 10_000
"""Columns where no terminal sets a limit: a line is never broken for a program that reads it."""


def console(*, stderr: bool = False) -> Console:
    """A console for people. Without a terminal, or with NO_COLOR, it writes no colour."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


def line(text: str, *, stderr: bool = False) -> None:
    """One line, never broken, whatever brackets it has."""
    console(stderr=stderr).print(text, markup=False, soft_wrap=True)


def as_json(body: Any, *, on_one_line: bool = False) -> None:
    """The body as JSON, indented unless it is one of several lines."""
    encoded = msgspec.json.encode(body)
    text = encoded if on_one_line else msgspec.json.format(encoded, indent=2)
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> None:
    """Aligned columns under their titles; the columns named in `numbers` to the right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        right = title in numbers
        made.add_column(title, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    console().print(made)


def local_time(at: str) -> str:
    """An ISO 8601 time as people here read it."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else ""
