"""Many rows in one SQLite statement.

`executemany` gives the interpreter's lock away and asks for it back with every row, and on a busy machine
each time may cost a turn of the scheduler: 500 rows were seen to compute for 6 ms and to wait for 200.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

AT_ONCE = 500
"""Rows in a statement, at most; fewer where SQLite was built to take fewer values."""

T = TypeVar("T")


def insert(connection: sqlite3.Connection, head: str, rows: Sequence[Sequence[Any]], tail: str = "") -> int:
    """Execute `head` VALUES `rows` `tail`; how many rows that inserted or changed."""
    changed = 0
    for part in parts(connection, rows, len(rows[0]) if rows else 1):
        statement = _statement(head, len(part), len(part[0]), tail)
        changed += connection.execute(statement, [value for row in part for value in row]).rowcount
    return changed


def select(connection: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query that ends with the column which has one of the values."""
    return [
        row
        for part in parts(connection, values)
        for row in connection.execute(f"{query} IN ({marks(len(part))})", list(part))
    ]


def parts(connection: sqlite3.Connection, values: Sequence[T], width: int = 1) -> Iterator[Sequence[T]]:
    """Runs of `values` that fit one statement, with `width` parameters each."""
    # Half of what may be: the statement has parameters of its own.
    limit = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // 2 // width
    size = max(1, min(AT_ONCE, limit))
    for start in range(0, len(values), size):
        yield values[start : start + size]


def marks(count: int) -> str:
    """So many placeholders."""
    return ",".join("?" * count)


@lru_cache(64)
def _statement(head: str, rows: int, width: int, tail: str) -> str:
    return f"{head} VALUES {','.join([f'({marks(width)})'] * rows)} {tail}"
