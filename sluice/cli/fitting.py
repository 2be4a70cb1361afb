"""Fitting text to a terminal. Elsewhere, in a file or a pipe, everything stays whole."""

import shutil
import sys
import textwrap

from rich.cells import cell_len

SHORT_ID = 8
"""Characters of an id that are shown at a terminal; every command takes them for the whole id."""
_MARK = "…"


def columns() -> int | None:
    """How wide the terminal is that standard output goes to; None where it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def short(identity: str) -> str:
    """An id as people type it: its first characters at a terminal, else whole."""
    return identity if columns() is None else identity[:SHORT_ID]


def cropped(text: str, room: int) -> str:
    """The start of the text, in `room` cells."""
    return text if cell_len(text) <= room else _head(text, max(room - 1, 0)) + _MARK


def tail_of(path: str, room: int) -> str:
    """The end of a path, which tells more than its start, in `room` cells."""
    return path if cell_len(path) <= room else _MARK + _head(path[::-1], max(room - 1, 0))[::-1]


def folded(text: str) -> list[str]:
    """The lines of a sentence at a terminal, broken between words and indented as its first one; else one."""
    width = columns()
    if width is None or cell_len(text) <= width:
        return [text]
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip


def arrow(source: str, target: str) -> list[str]:
    """A move from one path to another: one line, or two at a terminal that is too narrow for it."""
    whole, width = f"{source} -> {target}", columns()
    return [whole] if width is None or cell_len(whole) <= width else [source, f"  -> {target}"]


def size(count: int) -> str:
    """Bytes as people read them: 820 KB, 3.1 MB, 12 GB."""
    amount, unit = count / 1000, "KB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"


def counted(count: int, what: str) -> str:
    """1 photo, 2 photos."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _head(text: str, room: int) -> str:
    taken, width = [], 0
    for letter in text:
        width += cell_len(letter)
        if width > room:
            break
        taken.append(letter)
    return "".join(taken)
