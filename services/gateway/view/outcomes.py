"""The outcomes of a job's files in the view: each file's first one, read by kind, page by page.

Those of one record lie together, in a row for each kind. Which files have had one is told by an index of its
own, in the order of their folders: files of a folder are done at about the same time, so a record changes a
few of the index's pages, where the order of the ids alone would have it change one for each file. A record
that cannot be decoded tells of its file by the id alone: its job's index is by the ids after all.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from hashlib import blake2b
from itertools import islice

from msgspec import msgpack

from libs.common.errors import Code, SluiceError
from libs.common.events import MAX_ITEMS, Outcome
from libs.common.rows import insert, marks, parts
from services.gateway.view.fold import is_copy

TABLES = """
CREATE TABLE files (job INTEGER NOT NULL, file BLOB NOT NULL, PRIMARY KEY (job, file)) WITHOUT ROWID;
CREATE TABLE outcomes (
    job INTEGER NOT NULL, outcome TEXT NOT NULL, record INTEGER NOT NULL, copies INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX outcomes_record ON outcomes (job, outcome, record);
CREATE INDEX outcomes_copies ON outcomes (job, record) WHERE copies > 0;
"""

FORGET_FILES = 10_000
"""Files forgotten at once: others write in between."""

_ID_BYTES = 12

_Numbered = list[tuple[int, Outcome]]
"""Outcomes with their places in their record."""

_decode = msgpack.Decoder(_Numbered).decode


def keep(connection: sqlite3.Connection, job: int, offset: int, items: Sequence[Outcome]) -> list[Outcome]:
    """Keep those outcomes of the record at `offset` whose files had none; those are returned."""
    keys = _keys(connection, job, items)
    new = {key for part in parts(connection, keys, 2) for key in _new(connection, job, part)}
    kinds: dict[str, _Numbered] = defaultdict(list)
    for number, (key, item) in enumerate(zip(keys, items, strict=True)):
        if key in new:
            new.remove(key)
            kinds[item.outcome].append((number, item))
    for kind, kept in kinds.items():
        duplicates = sum(is_copy(item) for _, item in kept)
        connection.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)",
            (job, kind, offset, duplicates, msgpack.encode(kept)),
        )
    return [item for kept in kinds.values() for _, item in kept]


def page(
    connection: sqlite3.Connection,
    job_id: str,
    *,
    outcome: str | None = None,
    code: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> tuple[list[Outcome], str | None]:
    """A page of the job's outcomes (failed, skipped, stored; each as they came), and the next cursor.

    A cursor follows from an outcome's record alone, so that it is good on every replica.
    """
    kind, _, place = (cursor or "/-1").partition("/")
    # Bounds, not conditions: a million stored files are not looked at to find that none has failed. What
    # was stored has no code.
    lowest, highest = outcome or "", outcome or ("skipped" if code else "stored")
    start = (kind, _number(place)) if kind >= lowest else (lowest, -1)
    with closing(_after(connection, job_id, start, highest, code)) as after:
        found = list(islice(after, limit + 1))
    shown = found[:limit]
    more = f"{shown[-1][0]}/{shown[-1][1]}" if len(found) > limit else None
    return [item for _, _, item in shown], more


def copies(connection: sqlite3.Connection, job_id: str, limit: int) -> list[Outcome]:
    """The first outcomes of files whose content was stored already under another path."""
    rows = connection.execute(
        "SELECT body FROM outcomes WHERE job = (SELECT n FROM jobs WHERE job_id = ?) AND copies > 0 "
        "ORDER BY record LIMIT ?",
        (job_id, limit),
    )
    found = (item for (body,) in rows for _, item in _decode(body) if is_copy(item))
    return list(islice(found, limit))


def known(connection: sqlite3.Connection, job_id: str, files: Mapping[str, str]) -> set[str]:
    """The ids of those files (id to the name that the job shows) of which the job has an outcome."""
    row = connection.execute("SELECT n FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    if row is None:
        return set()
    by_id = _is_by_id(connection, row[0])
    keys = {_key(file_id, None if by_id else name): file_id for file_id, name in files.items()}
    found = {key for part in parts(connection, list(keys), 2) for key in _known(connection, row[0], part)}
    return {keys[key] for key in found}


def forget(connection: sqlite3.Connection, job: int) -> int:
    """Delete some of what is kept of a job's files; how many rows that were: 0 once nothing is left."""
    rows = connection.execute(
        "DELETE FROM outcomes WHERE rowid IN (SELECT rowid FROM outcomes WHERE job = ? LIMIT ?)",
        (job, FORGET_FILES // MAX_ITEMS),
    ).rowcount
    files = connection.execute(
        "DELETE FROM files WHERE job = ?1 AND file IN (SELECT file FROM files WHERE job = ?1 LIMIT ?2)",
        (job, FORGET_FILES),
    ).rowcount
    return rows + files


def _after(
    connection: sqlite3.Connection, job_id: str, start: tuple[str, int], highest: str, code: str | None
) -> Generator[tuple[str, int, Outcome]]:
    """Kind, place and outcome of all (with this code) after `start`, a kind and a place, up to a kind."""
    kind, place = start
    # A record in which the code stands nowhere is not even decoded.
    rows = connection.execute(
        "SELECT outcome, record, body FROM outcomes WHERE job = (SELECT n FROM jobs WHERE job_id = ?) "
        "AND (outcome, record) >= (?, ?) AND outcome <= ? AND (?5 IS NULL OR instr(body, ?5)) "
        "ORDER BY outcome, record",
        (job_id, kind, place // MAX_ITEMS, highest, code and code.encode()),
    )
    with closing(rows):
        for found, record, body in rows:
            for number, item in _decode(body):
                at = found, record * MAX_ITEMS + number
                if at > start and (code is None or item.code == code):
                    yield *at, item


def _new(connection: sqlite3.Connection, job: int, keys: Sequence[bytes]) -> set[bytes]:
    """Those of a statement's keys that the job did not have; now it has them."""
    try:
        insert(connection, "INSERT INTO files", [(job, key) for key in keys])
        return set(keys)
    except sqlite3.IntegrityError:
        new = set(keys) - _known(connection, job, keys)
        insert(connection, "INSERT INTO files", [(job, key) for key in new])
        return new


def _known(connection: sqlite3.Connection, job: int, keys: Sequence[bytes]) -> set[bytes]:
    found = f"SELECT file FROM files WHERE job = ? AND file IN ({marks(len(keys))})"  # noqa: S608
    return {key for (key,) in connection.execute(found, [job, *keys])}


def _keys(connection: sqlite3.Connection, job: int, items: Sequence[Outcome]) -> list[bytes]:
    """What stands for each file in the job: 4 bytes for its folder and 12 for its id, or these alone."""
    if not _is_by_id(connection, job):
        if all(item.file != item.file_id for item in items):
            return [_key(item.file_id, item.file) for item in items]
        # Replayed, the file's record may yet give an outcome, under its name.
        connection.execute("UPDATE OR REPLACE files SET file = substr(file, 5) WHERE job = ?", (job,))
    return [_key(item.file_id, None) for item in items]


def _is_by_id(connection: sqlite3.Connection, job: int) -> bool:
    found = connection.execute("SELECT length(file) FROM files WHERE job = ? LIMIT 1", (job,)).fetchone()
    return bool(found == (_ID_BYTES,))


def _key(file_id: str, name: str | None) -> bytes:
    """By the folder of this name and the id; by the id alone where there is no name."""
    file = blake2b(file_id.encode(), digest_size=_ID_BYTES).digest()
    return file if name is None else _folder(name.rpartition("/")[0]) + file


@lru_cache(4096)
def _folder(path: str) -> bytes:
    return blake2b(path.encode(), digest_size=4).digest()


def _number(place: str) -> int:
    try:
        if -1 <= (number := int(place)) < 1 << 62:
            return number
    except ValueError:
        pass
    raise SluiceError(Code.INVALID_REQUEST, "the cursor is not one that this service gave")
