"""One job's files on disk: memory stays flat however many there are.

The spool is never the truth: it is recreated, from job-status and the listing, whenever the job starts.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from msgspec import msgpack

from libs.common.errors import Code
from libs.common.events import Counts, Outcome
from libs.common.rows import insert, marks, parts, select
from libs.common.runtime.disk import needing_room
from libs.common.sources.entries import NO_EXTRA, Extra
from services.scanner.listing.entries import Spooled

T = TypeVar("T")

LISTED, EMITTED, STORED, CACHED, FAILED, SKIPPED = range(6)
"""A file's state: to be emitted, under way, or one of the outcomes."""

OF_FOLDERS = (
    "'permission_denied', 'read_failed', 'file_vanished', 'not_a_regular_file', 'outside_roots', "
    "'source_denied', 'source_gone'"
)
"""The codes of entries that the listing could not look into, in SQL: behind them files may lie."""

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -16384;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE files (
    number INTEGER PRIMARY KEY, file_id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, path BLOB,
    size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, code TEXT, error TEXT, details TEXT, target BLOB,
    existing_id TEXT, etag TEXT NOT NULL DEFAULT '', extra BLOB, emitted_at REAL
);
CREATE TABLE earlier (
    file_id TEXT PRIMARY KEY, file TEXT NOT NULL, wanted INTEGER NOT NULL, code TEXT
);
"""
_ADD = """
INSERT OR IGNORE INTO files
    (file_id, state, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id,
    etag, extra)"""
_END_OTHER = "INSERT INTO files (file_id, state)"
_IF_LISTED = "ON CONFLICT (file_id) DO UPDATE SET state = excluded.state WHERE state = 0"
_COLUMNS = "file_id, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id, etag, extra"
_READ = f"SELECT {_COLUMNS}, number FROM files"  # noqa: S608
_ADD_GONE = """
INSERT OR IGNORE INTO files (file_id, state, path, size, mtime_ns, ctime_ns, code, error)
SELECT file_id, 0, CAST(file AS BLOB), 0, 0, 0, ?, ? FROM earlier WHERE wanted
"""


_Row = tuple[Any, ...]
"""The columns, and the number."""


class Spool:
    """A job's files and their states. Every call may block on the disk: call it in a thread.

    Calls from several threads take turns. After `close` there is nothing to call, nor after a call that
    raised UnavailableError disk_full.
    """

    def __init__(self, file: Path) -> None:
        """Start empty at `file`, whatever an earlier run left there."""
        with needing_room(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            self._db = sqlite3.connect(file, check_same_thread=False)
            self._db.executescript(_SCHEMA)
        self._file = file
        self._turn = threading.Lock()
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
            (
                *(f.file_id, LISTED, f.path, f.size, f.mtime_ns, f.ctime_ns, f.code, f.error, f.details),
                *(f.target, f.existing_id, f.etag, _encoded(f.extra)),
            )
            for f in files
        ]
        with self._writing():
            self.total += insert(self._db, _ADD, rows)

    def fold(self, outcomes: Sequence[Outcome]) -> int:
        """Give files their outcomes; the first one of a file wins. How many were the first."""
        states: dict[str, int] = {}
        for outcome in outcomes:
            states.setdefault(outcome.file_id, _state_of(outcome))
        with self._writing():
            landed = sum(self._land(state, ids) for state, ids in _by_state(states).items())
            before = self._rows()
            others = (
                insert(self._db, _END_OTHER, list(states.items()), _IF_LISTED) if landed < len(states) else 0
            )
            self.in_flight -= landed
            self.total += self._rows() - before
            self.ended += landed + others
        return landed + others

    def _land(self, state: int, ids: Sequence[str]) -> int:
        """Give this state to those of the files that are under way; how many are."""
        return sum(
            self._db.execute(
                f"UPDATE files SET state = ? WHERE state = 1 AND file_id IN ({marks(len(part))})",  # noqa: S608
                [state, *part],
            ).rowcount
            for part in parts(self._db, ids)
        )

    def take(self, limit: int, now: float) -> list[Spooled]:
        """The next `limit` files to emit, under way from `now` on (monotonic seconds)."""
        with self._writing():
            found = self._db.execute(
                f"{_READ} WHERE number > ? AND state = 0 ORDER BY number LIMIT ?",
                (self._last_taken, limit),
            ).fetchall()
            if found:
                first, self._last_taken = found[0][-1], found[-1][-1]
                self._db.execute(
                    "UPDATE files SET state = 1, emitted_at = ? WHERE number BETWEEN ? AND ? AND state = 0",
                    (now, first, self._last_taken),
                )
                self.in_flight += len(found)
        return [_spooled(row) for row in found]

    def ended_of(self, file_ids: Sequence[str]) -> set[str]:
        """Those of the files that have their outcome."""
        with self._turn:
            rows = select(self._db, "SELECT file_id FROM files WHERE state > 1 AND file_id", file_ids)
        return {row[0] for row in rows}

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

        Files that failed, or that a cancel skipped, with one of `codes` (any code, if None) are wanted again;
        those that were no pictures only if `codes` name that.
        """
        rows = [(each.file_id, each.file, _is_wanted(each, codes), each.code) for each in outcomes]
        with self._writing():
            insert(self._db, "INSERT OR IGNORE INTO earlier", rows)

    def wanted(self, file_ids: Sequence[str] | None = None) -> set[str]:
        """Which of `file_ids` are wanted again; without any, one that is, if there is one."""
        query = "SELECT file_id FROM earlier WHERE wanted"
        with self._turn:
            if file_ids is None:
                rows = self._db.execute(f"{query} LIMIT 1").fetchall()
            else:
                rows = select(self._db, f"{query} AND file_id", file_ids)
        return {row[0] for row in rows}

    def missed(self) -> list[tuple[str, str]]:
        """The ids and names of what is wanted again, was not listed, and may be a folder by its code."""
        with self._turn:
            return self._db.execute(
                f"SELECT file_id, file FROM earlier e WHERE wanted AND code IN ({OF_FOLDERS}) "  # noqa: S608
                "AND NOT EXISTS (SELECT 1 FROM files f WHERE f.file_id = e.file_id)"
            ).fetchall()

    def not_wanted(self, file_ids: Sequence[str]) -> None:
        """These are not wanted again."""
        with self._writing():
            for part in parts(self._db, file_ids):
                self._db.execute(
                    f"UPDATE earlier SET wanted = 0 WHERE file_id IN ({marks(len(part))})",  # noqa: S608
                    list(part),
                )

    def add_gone(self) -> None:
        """Put in what is wanted again and was not listed, as files that vanished."""
        with self._writing():
            self.total += self._db.execute(_ADD_GONE, (Code.FILE_VANISHED, "it is no longer there")).rowcount

    def within(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """What `call` gives, in a transaction of its own over the table `files` and what else it makes."""
        with self._writing():
            return call(self._db)

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

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """This thread's turn, and a transaction. UnavailableError disk_full: the spool is of no more use."""
        with self._turn, needing_room(self._file.parent), self._db:
            yield

    def _rows(self) -> int:
        found: int = self._db.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0]
        return found


def _encoded(extra: Extra) -> bytes | None:
    return None if extra is NO_EXTRA else msgpack.encode(extra)


def _by_state(states: Mapping[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for file_id, state in states.items():
        found.setdefault(state, []).append(file_id)
    return found


def _state_of(outcome: Outcome) -> int:
    if outcome.outcome == "stored":
        return CACHED if outcome.source == "cache" else STORED
    return FAILED if outcome.outcome == "failed" else SKIPPED


def _spooled(row: _Row) -> Spooled:
    file_id, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id, etag, extra, _ = row
    return Spooled(
        file_id=file_id,
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        ctime_ns=ctime_ns,
        code=None if code is None else Code(code),
        error=error,
        details=details,
        target=target,
        existing_id=existing_id,
        etag=etag,
        extra=NO_EXTRA if extra is None else msgpack.decode(extra, type=Extra),
    )


def _is_wanted(outcome: Outcome, codes: Sequence[str] | None) -> bool:
    if codes is None:
        return outcome.outcome == "failed" or outcome.code is Code.CANCELLED
    retried = outcome.outcome == "failed" or outcome.code in (Code.CANCELLED, Code.UNSUPPORTED_TYPE)
    return retried and outcome.code in codes
