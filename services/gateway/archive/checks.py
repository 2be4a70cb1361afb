"""Looking at a file just before it moves: what it is, and whether it may."""

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code, FileError
from libs.common.sources.source import OpenFile
from libs.common.sources.sources import Sources
from sluice.files.passed_over import ARCHIVE_FOLDERS

_CHUNK_BYTES = 1 << 20
_GONE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ESTALE))
_IN_WORDS = {
    Code.NOT_A_REGULAR_FILE: "it is not a regular file, or a symbolic link leads to it",
    Code.OUTSIDE_ROOTS: "it lies outside the folders that SCAN_ROOTS allows",
}


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


def check(path: Path, sha256: str, sources: Sources) -> Seen:
    """Look at a file that is to be moved, or is the reason why another may be.

    Raises FileError: outside_roots, archived, not_a_regular_file (symlinks too, also on the way),
    file_gone, permission_denied, file_changing, read_failed, or file_changed where its content is not
    the one that is expected.
    """
    if ARCHIVE_FOLDERS.intersection(os.fsencode(part) for part in path.parts):
        raise FileError(Code.ARCHIVED, "it lies in an archive folder already")
    seen = look(path, sources)
    if seen.sha256 != sha256:
        raise FileError(Code.FILE_CHANGED, "its content has changed since it was ingested: ingest it again")
    return seen


def look(path: Path, sources: Sources) -> Seen:
    """Read the whole file; FileError as `check` raises."""
    name = os.fsencode(path)
    try:
        with sources.of(name).open(name, links=False) as file:
            return _seen(file)
    except OSError as error:
        raise as_file_error(error) from error
    except FileError as error:
        raise _in_our_words(error) from error


def _seen(file: OpenFile) -> Seen:
    before, digest = _identity(file.stat()), hashlib.sha256()
    at = 0
    while chunk := os.pread(file.descriptor, _CHUNK_BYTES, at):
        digest.update(chunk)
        at += len(chunk)
    if _identity(file.stat()) != before:
        raise FileError(Code.FILE_CHANGING, "it is being written to")
    return Seen(*before, digest.hexdigest())


def _in_our_words(error: FileError) -> FileError:
    """What a source says of a file, in the words of a move."""
    if error.code is Code.FILE_VANISHED:
        return FileError(Code.FILE_GONE, "it is not there any more")
    return FileError(error.code, _IN_WORDS.get(error.code, error.detail))


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


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
