"""One job's files on disk: memory stays flat however many there are.

The spool is never the truth: it is made anew, from job-status and the listing, whenever the job starts.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from libs.common.errors import Code
from libs.common.events import Counts, Outcome
from services.scanner.entries import Spooled

LISTED, EMITTED, STORED, CACHED, FAILED, SKIPPED = range(6)
"""A file's state: to be emitted, under way, or one of the outcomes."""

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE files (
    number INTEGER PRIMARY KEY, file_id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, path BLOB,
    size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, code TEXT, error TEXT, details TEXT, emitted_at REAL
);
CREATE TABLE earlier (file_id TEXT PRIMARY KEY, file TEXT NOT NULL, wanted INTEGER NOT NULL) WITHOUT ROWID;
"""
_ADD = """
INSERT OR IGNORE INTO files (file_id, state, path, size, mtime_ns, ctime_ns, code, error, details)
VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)
"""
_END_EMITTED = "UPDATE files SET state = ? WHERE file_id = ? AND state = 1"
_END_OTHER = """
INSERT INTO files (state, file_id) VALUES (?, ?)
ON CONFLICT (file_id) DO UPDATE SET state = excluded.state WHERE state = 0
"""
_READ = "SELECT file_id, path, size, mtime_ns, ctime_ns, code, error, details, number FROM files"
_ADD_GONE = """
INSERT OR IGNORE INTO files (file_id, state, path, size, mtime_ns, ctime_ns, code, error)
SELECT file_id, 0, CAST(file AS BLOB), 0, 0, 0, ?, ? FROM earlier WHERE wanted
"""


class Spool:
    """A job's files and their states. Every call may block on the disk: call it in a thread.

    Calls from several threads take turns. After `close` there is nothing to call.
    """

    def __init__(self, file: Path) -> None:
        """Start empty at `file`, whatever an earlier run left there."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        self._file = file
        self._turn = threading.Lock()
        self._db = sqlite3.connect(file, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._last_taken = 0
        self.total = 0
        self.in_flight = 0
        self.ended = 0

    @property
    def done(self) -> bool:
        """Whether every file so far has its outcome."""
        return self.ended == self.total

    def add(self, files: Iterable[Spooled]) -> None:
        """Put in the files that are not there yet; one that has its outcome already keeps it."""
        rows = [
            (f.file_id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.code, f.error, f.details) for f in files
        ]
        with self._turn, self._db:
            self.total += self._db.executemany(_ADD, rows).rowcount

    def fold(self, outcomes: Sequence[Outcome]) -> int:
        """Give files their outcomes; the first one of a file wins. How many were the first."""
        rows = [(_state_of(outcome), outcome.file_id) for outcome in outcomes]
        with self._turn, self._db:
            landed = self._db.executemany(_END_EMITTED, rows).rowcount
            before = self._rows()
            others = self._db.executemany(_END_OTHER, rows).rowcount
            self.in_flight -= landed
            self.total += self._rows() - before
            self.ended += landed + others
        return landed + others

    def take(self, limit: int, now: float) -> list[Spooled]:
        """The next `limit` files to emit, under way from `now` on (seconds since the epoch)."""
        with self._turn, self._db:
            found = self._db.execute(
                f"{_READ} WHERE number > ? AND state = 0 ORDER BY number LIMIT ?",
                (self._last_taken, limit),
            ).fetchall()
            if found:
                self._last_taken = found[-1][-1]
                numbers = [(now, row[-1]) for row in found]
                self._db.executemany("UPDATE files SET state = 1, emitted_at = ? WHERE number = ?", numbers)
                self.in_flight += len(found)
        return [_spooled(row) for row in found]

    def under_way(self, limit: int, after: str = "", emitted_before: float = float("inf")) -> list[Spooled]:
        """A page, in order of file id, of files that were emitted (before then) and have no outcome."""
        with self._turn:
            rows = self._db.execute(
                f"{_READ} WHERE state = 1 AND file_id > ? AND emitted_at < ? ORDER BY file_id LIMIT ?",
                (after, emitted_before, limit),
            ).fetchall()
        return [_spooled(row) for row in rows]

    def remember(self, outcomes: Sequence[Outcome], codes: Sequence[str] | None) -> None:
        """Take in outcomes of an earlier job; the first one of a file wins.

        Files that failed with one of `codes` (any code, if None) are wanted again.
        """
        rows = [
            (o.file_id, o.file, o.outcome == "failed" and (codes is None or o.code in codes))
            for o in outcomes
        ]
        with self._turn, self._db:
            self._db.executemany("INSERT OR IGNORE INTO earlier VALUES (?, ?, ?)", rows)

    def wanted(self, file_ids: Sequence[str] | None = None) -> set[str]:
        """Which of `file_ids` are wanted again; without any, one that is, if there is one."""
        with self._turn:
            if file_ids is None:
                rows = self._db.execute("SELECT file_id FROM earlier WHERE wanted LIMIT 1").fetchall()
            else:
                marks = ",".join("?" * len(file_ids))
                rows = self._db.execute(
                    f"SELECT file_id FROM earlier WHERE wanted AND file_id IN ({marks})",  # noqa: S608
                    list(file_ids),
                ).fetchall()
        return {row[0] for row in rows}

    def add_gone(self) -> None:
        """Put in what is wanted again and was not listed, as files that vanished."""
        with self._turn, self._db:
            self.total += self._db.execute(_ADD_GONE, (Code.FILE_VANISHED, "it is no longer there")).rowcount

    def tally(self) -> Counts:
        """The outcomes so far."""
        with self._turn:
            found = dict(self._db.execute("SELECT state, count(*) FROM files GROUP BY state").fetchall())
        stored = found.get(STORED, 0) + found.get(CACHED, 0)
        failed, skipped = found.get(FAILED, 0), found.get(SKIPPED, 0)
        return Counts(
            total=stored + failed + skipped,
            stored=stored,
            from_cache=found.get(CACHED, 0),
            failed=failed,
            skipped=skipped,
            in_flight=found.get(EMITTED, 0),
        )

    def close(self) -> None:
        """Give the file back; what it held can be read from job-status."""
        with self._turn:
            self._db.close()
        self._file.unlink(missing_ok=True)

    def _rows(self) -> int:
        found: int = self._db.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0]
        return found


def _state_of(outcome: Outcome) -> int:
    if outcome.outcome == "stored":
        return CACHED if outcome.source == "cache" else STORED
    return FAILED if outcome.outcome == "failed" else SKIPPED


def _spooled(row: tuple[str, bytes, int, int, int, str | None, str | None, str | None, int]) -> Spooled:
    file_id, path, size, mtime_ns, ctime_ns, code, error, details, _ = row
    return Spooled(
        file_id=file_id,
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        ctime_ns=ctime_ns,
        code=None if code is None else Code(code),
        error=error,
        details=details,
    )
