"""The points below a job's root, next to its files in the spool: how the two differ."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from libs.common.rows import insert, select
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import OF_FOLDERS, Spool

_TABLE = """
CREATE TABLE points (
    id TEXT PRIMARY KEY, path BLOB NOT NULL, size INTEGER NOT NULL, file_hash TEXT NOT NULL,
    unchanged INTEGER NOT NULL, caption TEXT, arrived INTEGER NOT NULL, became TEXT
) WITHOUT ROWID
"""
_READ = "SELECT id, path, size, file_hash"
_CANDIDATE = "SELECT f.file_id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.etag"
_GONE = "FROM points p WHERE became IS NULL AND NOT EXISTS (SELECT 1 FROM files f WHERE f.file_id = p.id)"
_ADDED = "FROM files f WHERE f.code IS NULL AND NOT EXISTS (SELECT 1 FROM points p WHERE p.id = f.file_id)"


class StoredPoint(Struct, frozen=True):
    """A point below the root. `unchanged`: its file is listed, and what is stored of it is still true.

    `arrived`: it is stored with the present times of its file, since the job was accepted.
    """

    id: str
    path: bytes
    size: int
    file_hash: str
    unchanged: bool = False
    caption: str | None = None
    arrived: bool = False


class Candidate(Struct, frozen=True):
    """A listed file that may be one that is gone: both have the same size."""

    file_id: str
    path: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    etag: str = ""


class StoredPoints:
    """Blocks on the disk: call it in a thread."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        spool.within(_created)

    def listed(self, ids: Sequence[str], paths: Mapping[str, bytes]) -> dict[str, Spooled]:
        """Those of the points' files that were listed and can be read.

        Of one whose outcome came before it was listed, from a scanner before this one, nothing else is known.
        """
        return {
            row[0]: Spooled(
                file_id=row[0],
                path=paths[row[0]],
                size=row[1] or 0,
                mtime_ns=row[2] or 0,
                ctime_ns=row[3] or 0,
                etag=row[4],
            )
            for row in self._of(
                "SELECT file_id, size, mtime_ns, ctime_ns, etag FROM files WHERE code IS NULL AND file_id",
                ids,
            )
        }

    def add(self, points: Iterable[StoredPoint]) -> None:
        """Put in a page of points."""
        rows = [(p.id, p.path, p.size, p.file_hash, p.unchanged, p.caption, p.arrived) for p in points]
        columns = "id, path, size, file_hash, unchanged, caption, arrived"
        self._spool.within(lambda db: insert(db, f"INSERT INTO points ({columns})", rows))

    def count(self) -> int:
        """All points below the root."""
        return self._number("SELECT count(*) FROM points")

    def unchanged(self) -> int:
        """Files whose points are still true."""
        return self._number("SELECT count(*) FROM points WHERE unchanged")

    def changed(self) -> int:
        """Files that are there, and not as they were stored."""
        return self._number(
            "SELECT count(*) FROM points p JOIN files f ON f.file_id = p.id "
            "WHERE f.code IS NULL AND NOT p.unchanged"
        )

    def added(self) -> int:
        """Files without a point."""
        return self._number(f"SELECT count(*) {_ADDED}")

    def gone(self) -> int:
        """Points without a file, but for those whose file has another path now."""
        return self._number(f"SELECT count(*) {_GONE}")

    def gone_page(self, after: str, limit: int) -> list[StoredPoint]:
        """A page of those, by id."""
        return self._points(f"{_READ} {_GONE} AND id > ? ORDER BY id LIMIT ?", after, limit)

    def candidates(self) -> list[Candidate]:
        """Files without a point that are as large as one that is gone."""
        return self._candidates(f"{_CANDIDATE} {_ADDED} AND f.size IN (SELECT p.size {_GONE})")

    def arrived(self) -> list[tuple[Candidate, str]]:
        """Files whose points came with this job and have the content of one that is gone, which they tell."""
        query = (
            f"{_CANDIDATE}, q.file_hash FROM files f JOIN points q ON q.id = f.file_id WHERE q.arrived "
            f"AND f.code IS NULL AND f.state = 0 AND q.file_hash IN (SELECT p.file_hash {_GONE})"
        )
        rows = self._spool.within(lambda db: db.execute(query).fetchall())
        return [(Candidate(*row[:-1]), row[-1]) for row in rows]

    def take(self, hashed: Sequence[tuple[Candidate, str]]) -> list[tuple[Candidate, StoredPoint]]:
        """The files, which come with hashes of their content, that have the content of a gone point,
        each with one for it alone.
        """
        return self._spool.within(lambda db: list(_taken(db, hashed)))

    def unchanged_of(self, ids: Sequence[str]) -> dict[str, str | None]:
        """The captions of those of these files that need no work, by id."""
        return dict(self._of("SELECT id, caption FROM points WHERE unchanged AND id", ids))

    def unreadable(self) -> int:
        """Entries that the listing could not look into, behind which files may lie."""
        return self._number(f"SELECT count(*) FROM files WHERE code IN ({OF_FOLDERS})")  # noqa: S608

    def files(self) -> int:
        """All listed files that can be read."""
        return self._number("SELECT count(*) FROM files WHERE code IS NULL")

    def _of(self, query: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of these ids, which the query ends with."""
        return self._spool.within(lambda db: select(db, query, ids))

    def _number(self, query: str) -> int:
        found: int = self._spool.within(lambda db: db.execute(query).fetchone()[0])
        return found

    def _candidates(self, query: str) -> list[Candidate]:
        rows = self._spool.within(lambda db: db.execute(query).fetchall())
        return [Candidate(*row) for row in rows]

    def _points(self, query: str, *values: object) -> list[StoredPoint]:
        rows = self._spool.within(lambda db: db.execute(query, values).fetchall())
        return [StoredPoint(*row) for row in rows]


def _taken(
    db: sqlite3.Connection, hashed: Sequence[tuple[Candidate, str]]
) -> Iterator[tuple[Candidate, StoredPoint]]:
    # Made when all points are in: without it each file would have all of them looked through.
    db.execute("CREATE INDEX IF NOT EXISTS points_by_content ON points (file_hash)")
    for candidate, file_hash in hashed:
        row = db.execute(f"{_READ} {_GONE} AND file_hash = ? LIMIT 1", (file_hash,)).fetchone()
        if row is not None:
            db.execute("UPDATE points SET became = ? WHERE id = ?", (candidate.file_id, row[0]))
            yield candidate, StoredPoint(*row)


def _created(db: sqlite3.Connection) -> None:
    db.execute("DROP TABLE IF EXISTS points")
    db.execute(_TABLE)
    # The spool finds files in the order of their folders, and points have only their ids.
    db.execute("CREATE INDEX IF NOT EXISTS files_by_id ON files (file_id)")
