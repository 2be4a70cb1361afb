"""The tasks in the view: their tables, writing them and reading them."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import msgpack

from libs.common.errors import Code, SluiceError
from libs.common.events import SimilarGroup, TaskEvent
from libs.common.rows import select
from services.gateway.view.tasks.fold import Task, fold, ignores

TABLES = """
CREATE TABLE tasks (
    task_id TEXT PRIMARY KEY, created_at REAL NOT NULL, kind TEXT NOT NULL, collection TEXT NOT NULL,
    state TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX tasks_collection ON tasks (kind, collection, created_at);
CREATE TABLE task_groups (
    task_id TEXT NOT NULL, run TEXT NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (task_id, run, place)
) WITHOUT ROWID;
"""


FORGET_GROUPS = 2_000
"""Groups forgotten at once: others write in between."""

Sort = Literal["space", "likeness"]

_KEYS: dict[Sort, Callable[[SimilarGroup], float]] = {
    "space": lambda group: -group.space,
    "likeness": lambda group: -min(each.score for each in group.points),
}


def happened(connection: sqlite3.Connection, event: TaskEvent, offset: int, at: float) -> None:
    """Fold an event; part of the caller's transaction."""
    known = task(connection, event.job_id)
    if ignores(known, offset):
        return
    after = fold(known, event, offset, at)
    row = (after.task_id, after.created_at, after.kind, after.collection, after.state, msgpack.encode(after))
    connection.execute("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.executemany(
        "INSERT OR REPLACE INTO task_groups VALUES (?, ?, ?, ?)",
        [
            (event.job_id, event.run, event.place + index, msgpack.encode(group))
            for index, group in enumerate(event.groups)
        ],
    )
    if after.is_over:
        connection.execute(
            "DELETE FROM task_groups WHERE task_id = ? AND run != ?", (event.job_id, after.run)
        )


def over(connection: sqlite3.Connection, ids: Sequence[str], before: float) -> set[str]:
    """Those of these tasks that were made `before` (seconds) and are over."""
    made = f"created_at < {before:f} AND state NOT IN ('pending', 'running')"
    found = select(connection, f"SELECT task_id FROM tasks WHERE {made} AND task_id", ids)  # noqa: S608
    return {str(task_id) for (task_id,) in found}


def forget(connection: sqlite3.Connection, before: float) -> int | None:
    """Delete a piece of the tasks made `before` (seconds) that are over; None once nothing is left.

    The last one of each kind and collection stays: people still work with what it found.
    """
    row = connection.execute(
        "SELECT task_id FROM tasks AS old WHERE created_at < ? AND state NOT IN ('pending', 'running') "
        "AND EXISTS (SELECT 1 FROM tasks WHERE kind = old.kind AND collection = old.collection "
        "AND created_at > old.created_at) LIMIT 1",
        (before,),
    ).fetchone()
    if row is None:
        return None
    rows = connection.execute(
        "DELETE FROM task_groups WHERE task_id = ?1 AND (run, place) IN "
        "(SELECT run, place FROM task_groups WHERE task_id = ?1 LIMIT ?2)",
        (row[0], FORGET_GROUPS),
    ).rowcount
    if rows < FORGET_GROUPS:
        connection.execute("DELETE FROM tasks WHERE task_id = ?", row)
    return rows


def task(connection: sqlite3.Connection, task_id: str) -> Task | None:
    """The task, or None if it is not known."""
    row = connection.execute("SELECT body FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
    return None if row is None else msgpack.decode(row[0], type=Task)


def groups(
    connection: sqlite3.Connection, task_id: str, run: str, cursor: str | None, limit: int
) -> tuple[list[SimilarGroup], str | None]:
    """A page of what a run found, in its order, and the cursor of the next page."""
    rows = connection.execute(
        "SELECT place, body FROM task_groups WHERE task_id = ? AND run = ? AND place > ? "
        "ORDER BY place LIMIT ?",
        (task_id, run, -1 if cursor is None else _place(cursor), limit + 1),
    ).fetchall()
    page = rows[:limit]
    following = str(page[-1][0]) if len(rows) > limit else None
    return [msgpack.decode(body, type=SimilarGroup) for _, body in page], following


def sorted_groups(
    connection: sqlite3.Connection, task_id: str, run: str, sort: Sort, cursor: str | None, limit: int
) -> tuple[list[SimilarGroup], str | None]:
    """As `groups`, by the space to be had or by likeness, the greatest first; reads all of them each time."""
    rows = connection.execute(
        "SELECT body FROM task_groups WHERE task_id = ? AND run = ? ORDER BY place", (task_id, run)
    )
    found = sorted((msgpack.decode(body, type=SimilarGroup) for (body,) in rows), key=_KEYS[sort])
    start = 0 if cursor is None else _place(cursor)
    following = str(start + limit) if len(found) > start + limit else None
    return found[start : start + limit], following


def latest(connection: sqlite3.Connection, kind: str) -> list[Task]:
    """The last task of this kind of each collection that had one."""
    rows = connection.execute(
        "SELECT body, max(created_at) FROM tasks WHERE kind = ? GROUP BY collection ORDER BY collection",
        (kind,),
    )
    return [msgpack.decode(body, type=Task) for body, _ in rows]


def newest(connection: sqlite3.Connection, kind: str | None, limit: int) -> list[Task]:
    """The tasks of this kind, or of all, the newest first."""
    rows = connection.execute(
        "SELECT body FROM tasks WHERE ? IN (kind, '') ORDER BY created_at DESC, task_id LIMIT ?",
        (kind or "", limit),
    )
    return [msgpack.decode(body, type=Task) for (body,) in rows]


def unfinished(connection: sqlite3.Connection, kind: str, collection: str) -> Task | None:
    """A task of this kind on the collection that has not ended."""
    row = connection.execute(
        "SELECT body FROM tasks WHERE kind = ? AND collection = ? AND state IN ('pending', 'running') "
        "LIMIT 1",
        (kind, collection),
    ).fetchone()
    return None if row is None else msgpack.decode(row[0], type=Task)


def _place(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 15:
        raise SluiceError(Code.INVALID_REQUEST, "the cursor is not one that this service gave")
    return int(cursor)
