"""Looking at a file just before it moves: what it is, and whether it may."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code, FileError
from libs.common.sources.formats import ARCHIVE_FOLDERS

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20
_GONE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ESTALE))

Allowed = Callable[[Path], bool]
"""Whether a path, absolute and without symlinks, lies in a folder whose files may be moved."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file as it was when all of it was read. Size in bytes, mtime in ns since the epoch."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    sha256: str

    def is_still(self, found: os.stat_result) -> bool:
        """Whether that is the same file, and no one has written to it since."""
        return (self.device, self.inode, self.size, self.mtime_ns) == _identity(found)

    def is_same_file(self, other: "Seen") -> bool:
        """Whether both are names of one file."""
        return (self.device, self.inode) == (other.device, other.inode)


def check(path: Path, sha256: str, allowed: Allowed) -> Seen:
    """Look at a file that is to be moved, or is the reason why another may be.

    Raises FileError: outside_roots, archived, not_a_regular_file (symlinks too, also on the way),
    file_gone, permission_denied, file_changing, read_failed, or file_changed where its content is not
    the one that is expected.
    """
    if ARCHIVE_FOLDERS.intersection(os.fsencode(part) for part in path.parts):
        raise FileError(Code.ARCHIVED, "it lies in an archive folder already")
    with _os_errors():
        if os.path.realpath(path, strict=True) != str(path):
            raise FileError(Code.NOT_A_REGULAR_FILE, "a symbolic link leads to it, or it is one")
    if not allowed(path):
        raise FileError(Code.OUTSIDE_ROOTS, "it lies outside the folders that SCAN_ROOTS allows")
    seen = look(path)
    if seen.sha256 != sha256:
        raise FileError(Code.FILE_CHANGED, "its content has changed since it was ingested: ingest it again")
    return seen


def look(path: Path) -> Seen:
    """Read the whole file; FileError as `check` raises."""
    with _os_errors(), _opened(path) as descriptor:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise FileError(Code.NOT_A_REGULAR_FILE, "it is not a regular file")
        digest = hashlib.sha256()
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            digest.update(chunk)
        if _identity(os.fstat(descriptor)) != _identity(before):
            raise FileError(Code.FILE_CHANGING, "it is being written to")
        return Seen(*_identity(before), digest.hexdigest())


def as_file_error(error: OSError) -> FileError:
    """What the error of a file system call means for the file."""
    reason = (error.strerror or str(error)).lower()
    match error.errno:
        case number if number in _GONE:
            return FileError(Code.FILE_GONE, "it is not there any more")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return FileError(Code.PERMISSION_DENIED, f"this service may not do that there: {reason}")
        case errno.ELOOP | errno.ENXIO | errno.EISDIR:
            return FileError(Code.NOT_A_REGULAR_FILE, "it is not a regular file")
        case errno.ENOSPC | errno.EDQUOT:
            return FileError(Code.DISK_FULL, f"there is no room for the journal or the name: {reason}")
        case errno.EOPNOTSUPP | errno.EXDEV:
            return FileError(
                Code.CANNOT_MOVE, f"its file system can neither link nor rename without replacing: {reason}"
            )
        case _:
            return FileError(Code.READ_FAILED, f"the file system refuses: {reason}")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, _FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_file_error(error) from error
    except (ValueError, RuntimeError) as error:
        # A NUL in the name, a loop of links.
        raise FileError(Code.NOT_A_REGULAR_FILE, f"its path cannot be followed: {error}") from error


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
