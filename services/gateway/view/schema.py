"""The view's file: its tables, and opening it. It can always be rebuilt from the topics."""

import logging
import sqlite3
from pathlib import Path

from libs.common.runtime.disk import is_damage
from services.gateway.view import ignored, labelled, outcomes, retention, totals
from services.gateway.view.tasks import queries

log = logging.getLogger(__name__)

VERSION = 9
"""Raised with every change of the tables; a file of another version is rebuilt."""

COPY_TRIES = 5
LOG_BYTES = 64 << 20
"""What SQLite's log may take of the disk once it was copied; forgetting writes more than that."""
SHRINK_PAGES = 500
"""Pages of 4 KB given back at once: others write in between."""

_TABLES = """
CREATE TABLE source (name TEXT NOT NULL);
CREATE TABLE offsets (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE jobs (
    n INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE,
    created_at REAL NOT NULL, finished_at REAL, collection TEXT, state TEXT NOT NULL, body BLOB NOT NULL,
    partition INTEGER NOT NULL DEFAULT 0, as_of INTEGER NOT NULL DEFAULT -1,
    owes_callback INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_newest ON jobs (created_at DESC, job_id DESC);
CREATE INDEX jobs_state ON jobs (state, created_at DESC, job_id DESC);
CREATE INDEX jobs_collection ON jobs (collection, created_at DESC, job_id DESC);
CREATE INDEX jobs_collection_state ON jobs (collection, state, created_at DESC, job_id DESC);
CREATE INDEX jobs_changed ON jobs (partition, as_of);
CREATE INDEX jobs_finished ON jobs (finished_at);
CREATE INDEX jobs_callbacks ON jobs (partition) WHERE owes_callback;
CREATE TABLE log_lines (
    job INTEGER NOT NULL, place INTEGER NOT NULL, at REAL NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL
);
CREATE INDEX log_lines_job ON log_lines (job, place);
"""


def open_view(path: Path, source: str) -> sqlite3.Connection:
    """A connection that writes the view of `source` (a cluster and its prefix).

    A file that is damaged, of another version or of another source is deleted and started again, said so; not
    one that is locked, or on a full disk: sqlite3.OperationalError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and (flaw := _flaw(path, source)):
        log.warning("%s is rebuilt from the topics: %s", path.name, flaw)
        delete_view(path)
    connection = connect(path)
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        others = (outcomes, ignored, queries, totals, labelled, retention)
        tables = _TABLES + "".join(each.TABLES for each in others)
        connection.executescript(f"BEGIN;{tables}PRAGMA user_version = {VERSION};COMMIT;")
        connection.execute("INSERT INTO source VALUES (?)", (source,))
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; transactions are begun where they are needed."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        _set_up(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    # It takes effect where the file is made, if it comes before all else.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    # A power cut may cost the last transactions, offsets included: they are folded again.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -65536")
    # See `copy_log`: a commit that does it on the way takes ten times as long.
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def copy_log(connection: sqlite3.Connection) -> None:
    """Copy what was committed into the file itself, next to reads and writes.

    SQLite begins its log again with the first write after all of it was copied: so what was written in the
    meantime is copied too, until there is a moment in which nothing is left, or others keep writing.
    """
    for _ in range(COPY_TRIES):
        _, written, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if written == copied:
            return


def shrink(connection: sqlite3.Connection) -> bool:
    """Give some of the pages that hold nothing back to the disk; whether more are left."""
    # As a script: a statement is stepped once for each row that it gives, and this one gives none.
    connection.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")
    left: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
    return left > SHRINK_PAGES


def delete_view(path: Path) -> None:
    """Remove the file and what SQLite keeps next to it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _flaw(path: Path, source: str) -> str | None:
    """Why the file cannot be used, or None."""
    try:
        connection = connect(path)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                return f"it is of version {version}, this release keeps version {VERSION}"
            if connection.execute("SELECT name FROM source").fetchone() != (source,):
                return "it is of another Kafka cluster or topic prefix"
            damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            return None if damage == "ok" else damage
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return str(error)
