"""A disk that is full: telling it from damage, and saying it with its way out."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libs.common.errors import Code, UnavailableError

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))
_LEFT_BYTES = 1 << 20
"""With less than this a disk counts as full: SQLite's log needs room before its data does."""


@contextmanager
def needing_room(folder: Path) -> Iterator[None]:
    """Raise UnavailableError disk_full for what fails in the block because `folder`'s disk is full.

    Whatever else fails is raised as it is.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL and has_room(folder, _LEFT_BYTES):
            raise
        raise no_room(folder) from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise no_room(folder) from error


def is_damage(error: Exception) -> bool:
    """Whether what SQLite says is about the file's content; a full disk and a lock it calls operational."""
    return not isinstance(error, sqlite3.OperationalError) or "no such" in str(error)


def has_room(folder: Path, count: int) -> bool:
    """Whether so many bytes can be written to the disk of `folder`; True where that is not known."""
    try:
        return shutil.disk_usage(folder).free >= count
    except OSError:
        return True


def no_room(folder: Path) -> UnavailableError:
    """What to raise when the disk of `folder` is full."""
    return UnavailableError(
        Code.DISK_FULL, f"the disk of {folder} is full: make room on it, and this goes on by itself"
    )
