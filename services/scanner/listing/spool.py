"""One job's files on disk: memory stays flat however many there are.

The spool is never the truth: it is recreated, from job-status and the listing, whenever the job starts.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from msgspec import msgpack

from libs.common.errors import Code
from libs.common.events import Counts, Outcome
from libs.common.ids import display_name
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
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, file_id TEXT AS (substr(key, 9)),
    state INTEGER NOT NULL, path BLOB, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, code TEXT,
    error TEXT, details TEXT, target BLOB, existing_id TEXT, etag TEXT NOT NULL DEFAULT '', extra BLOB,
    emitted_at REAL
);
CREATE TABLE earlier (
    key TEXT PRIMARY KEY, file_id TEXT AS (substr(key, 9)), file TEXT NOT NULL, wanted INTEGER NOT NULL,
    code TEXT
) WITHOUT ROWID;
"""
_ADD = """
INSERT OR IGNORE INTO files
    (key, state, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id, etag, extra)"""
_END_OTHER = "INSERT INTO files (key, state)"
_IF_LISTED = "ON CONFLICT (key) DO UPDATE SET state = excluded.state WHERE state = 0"
_COLUMNS = "key, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id, etag, extra"
_READ = f"SELECT {_COLUMNS}, number FROM files"  # noqa: S608
_NUMBER = "coalesce((SELECT number FROM files WHERE key = ?), 0)"
_ADD_GONE = """
INSERT OR IGNORE INTO files (key, state, path, size, mtime_ns, ctime_ns, code, error)
SELECT key, 0, CAST(file AS BLOB), 0, 0, 0, ?, ? FROM earlier WHERE wanted
"""


_NO_FOLDER = "-" * 8
Named = tuple[str, str]
"""A file's id, and its name as people are shown it."""
_Row = tuple[Any, ...]
"""The columns, and the number."""


class Spool:
    """A job's files and their states. Every call may block on the disk: call it in a thread.

    Calls from several threads take turns. After `close` there is nothing to call, nor after a call that
    raised UnavailableError disk_full.

    Files are found by a key that has their folder in front of their id: those of a folder are listed, and
    done, at about the same time, and change a few pages of the index, where by the id alone each changes
    another. The outcome of a record that could not be decoded names its file by the id alone: from then on
    all are found by it.
    """

    def __init__(self, file: Path, shown_below: bytes = b"", *, by_id: bool = False) -> None:
        """Start empty at `file`, whatever an earlier run left there.

        `shown_below` is what the names that people are shown leave out of the paths. `by_id`: files are found
        by their ids from the start, as those of points, whose paths may be corrected between two jobs.
        """
        with needing_room(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            self._db = sqlite3.connect(file, check_same_thread=False)
            self._db.executescript(_SCHEMA)
        self._file = file
        self._shown_below = shown_below
        self._by_id = by_id
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
        with self._writing():
            rows = [
                (
                    *(self._key(f), LISTED, f.path, f.size, f.mtime_ns, f.ctime_ns, f.code, f.error),
                    *(f.details, f.target, f.existing_id, f.etag, _encoded(f.extra)),
                )
                for f in files
            ]
            self.total += insert(self._db, _ADD, rows)

    def fold(self, outcomes: Sequence[Outcome]) -> int:
        """Give files their outcomes; the first one of a file wins. How many were the first."""
        firsts: dict[str, Outcome] = {}
        for outcome in outcomes:
            firsts.setdefault(outcome.file_id, outcome)
        with self._writing():
            keys = self._keys((each.file_id, each.file) for each in firsts.values())
            states = [_state_of(each) for each in firsts.values()]
            landed = self._land(keys, states)
            before = self._rows()
            rows = list(zip(keys, states, strict=True)) if landed < len(keys) else []
            others = insert(self._db, _END_OTHER, rows, _IF_LISTED)
            self.in_flight -= landed
            self.total += self._rows() - before
            self.ended += landed + others
        return landed + others

    def _land(self, keys: Sequence[str], states: Sequence[int]) -> int:
        """Give these states to those of the files that are under way; how many are."""
        return sum(
            self._db.execute(
                f"UPDATE files SET state = ? WHERE state = 1 AND key IN ({marks(len(part))})",  # noqa: S608
                [state, *part],
            ).rowcount
            for state in set(states)
            for part in parts(self._db, [key for key, of in zip(keys, states, strict=True) if of == state])
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

    def ended_of(self, files: Sequence[Named]) -> set[str]:
        """The ids of those of the files that have their outcome."""
        with self._writing():
            query = "SELECT file_id FROM files WHERE state > 1 AND key"
            return {row[0] for row in select(self._db, query, self._keys(files))}

    def under_way(
        self, limit: int, after: Spooled | None = None, emitted_before: float = float("inf")
    ) -> list[Spooled]:
        """A page, as they were listed, of files that were emitted (before then) and have no outcome."""
        with self._writing():
            key = None if after is None else self._key(after)
            rows = self._db.execute(
                f"{_READ} WHERE state = 1 AND emitted_at < ? AND number > {_NUMBER} ORDER BY number LIMIT ?",
                (emitted_before, key, limit),
            ).fetchall()
        return [_spooled(row) for row in rows]

    def remember(self, outcomes: Sequence[Outcome], codes: Sequence[str] | None) -> None:
        """Take in outcomes of an earlier job; the first one of a file wins.

        Files that failed, or that a cancel skipped, with one of `codes` (any code, if None) are wanted again;
        those that were no pictures only if `codes` name that.
        """
        with self._writing():
            keys = self._keys((each.file_id, each.file) for each in outcomes)
            rows = [
                (key, each.file, _is_wanted(each, codes), each.code)
                for key, each in zip(keys, outcomes, strict=True)
            ]
            insert(self._db, "INSERT OR IGNORE INTO earlier (key, file, wanted, code)", rows)

    def wanted(self, files: Sequence[Named] | None = None) -> set[str]:
        """The ids of those of the files that are wanted again; without any, one that is, if there is one."""
        query = "SELECT file_id FROM earlier WHERE wanted"
        with self._writing():
            if files is None:
                rows = self._db.execute(f"{query} LIMIT 1").fetchall()
            else:
                rows = select(self._db, f"{query} AND key", self._keys(files))
        return {row[0] for row in rows}

    def missed(self) -> list[Named]:
        """What is wanted again, was not listed, and may be a folder by its code."""
        with self._turn:
            return self._db.execute(
                f"SELECT file_id, file FROM earlier e WHERE wanted AND code IN ({OF_FOLDERS}) "  # noqa: S608
                "AND NOT EXISTS (SELECT 1 FROM files f WHERE f.key = e.key)"
            ).fetchall()

    def not_wanted(self, files: Sequence[Named]) -> None:
        """These are not wanted again."""
        with self._writing():
            for part in parts(self._db, self._keys(files)):
                self._db.execute(
                    f"UPDATE earlier SET wanted = 0 WHERE key IN ({marks(len(part))})",  # noqa: S608
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

    def _key(self, file: Spooled) -> str:
        """What the file is found by; within a transaction, as `_keys` may change that of all."""
        if self._by_id:
            return _NO_FOLDER + file.file_id
        return _folder_of(file.path.removeprefix(self._shown_below).rpartition(b"/")[0]) + file.file_id

    def _keys(self, files: Iterable[Named]) -> list[str]:
        named = list(files)
        if not self._by_id and any(file_id == name for file_id, name in named):
            self._forget_folders()
        if self._by_id:
            return [_NO_FOLDER + file_id for file_id, _ in named]
        return [_folder(name.rpartition("/")[0]) + file_id for file_id, name in named]

    def _forget_folders(self) -> None:
        self._by_id = True
        for table in ("files", "earlier"):
            self._db.execute(f"UPDATE OR REPLACE {table} SET key = ? || file_id", (_NO_FOLDER,))  # noqa: S608
        # An id that was listed under two names is one file now.
        self.total, self.in_flight, self.ended = self._db.execute(
            "SELECT count(*), count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state > 1) FROM files"
        ).fetchone()

    def _rows(self) -> int:
        found: int = self._db.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0]
        return found


@lru_cache(4096)
def _folder(name: str) -> str:
    """What stands for a folder in front of the ids of its files: as many characters as _NO_FOLDER."""
    return blake2b(name.encode(), digest_size=4).hexdigest()


@lru_cache(4096)
def _folder_of(path: bytes) -> str:
    return _folder(display_name(path))


def _encoded(extra: Extra) -> bytes | None:
    return None if extra is NO_EXTRA else msgpack.encode(extra)


def _state_of(outcome: Outcome) -> int:
    if outcome.outcome == "stored":
        return CACHED if outcome.source == "cache" else STORED
    return FAILED if outcome.outcome == "failed" else SKIPPED


def _spooled(row: _Row) -> Spooled:
    key, path, size, mtime_ns, ctime_ns, code, error, details, target, existing_id, etag, extra, _ = row
    return Spooled(
        file_id=key[len(_NO_FOLDER) :],
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
