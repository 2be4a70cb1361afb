"""Reading a file whole, once, without being fooled by what it turns out to be."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import HEAD_BYTES, accepted
from libs.common.sources.formats import SUPPORTED_SUFFIXES, suffix_of

_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

_CODES = {
    errno.ENOENT: (Code.FILE_VANISHED, "The file is no longer there"),
    errno.ENOTDIR: (Code.FILE_VANISHED, "The file is no longer there"),
    errno.ESTALE: (Code.FILE_VANISHED, "The file is no longer there"),
    errno.EACCES: (Code.PERMISSION_DENIED, "No permission to read the file"),
    errno.EPERM: (Code.PERMISSION_DENIED, "No permission to read the file"),
    errno.ELOOP: (Code.NOT_A_REGULAR_FILE, "The symbolic link leads nowhere or elsewhere"),
    errno.ENXIO: (Code.NOT_A_REGULAR_FILE, "Not a regular file"),
    errno.EISDIR: (Code.NOT_A_REGULAR_FILE, "Not a regular file"),
}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's bytes, and its stat just before and just after they were read."""

    data: bytes
    before: os.stat_result
    after: os.stat_result

    @property
    def held_still(self) -> bool:
        """Whether no one wrote to it meanwhile."""
        moved = self.before.st_mtime_ns != self.after.st_mtime_ns or self.before.st_size != self.after.st_size
        return not moved and len(self.data) == self.after.st_size


def read_picture(path: bytes, roots: Sequence[bytes], max_bytes: int, *, gif: bool = False) -> ReadFile:
    """Read the whole file at `path`, if it begins like a picture and lies in one of `roots` (none: any).

    `gif` says whether a GIF is one.

    Symbolic links are followed, then the roots are checked. Raises FileError: file_vanished,
    permission_denied, not_a_regular_file, outside_roots, empty_file, unsupported_type, decode_failed,
    too_large, read_failed.
    """
    with _os_errors(), _opened(path, roots) as descriptor:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise FileError(Code.NOT_A_REGULAR_FILE, "Not a regular file")
        head = os.read(descriptor, HEAD_BYTES)
        _check_head(path, head, gif)
        _check_size(before.st_size, max_bytes)
        return ReadFile(_whole(descriptor, before.st_size), before, os.fstat(descriptor))


def _resolved(path: bytes, roots: Sequence[bytes]) -> bytes:
    """The path without symbolic links, so that none of them leads out of the roots."""
    real = os.path.realpath(path)
    if not any(real.startswith(root.rstrip(b"/") + b"/") for root in roots):
        raise FileError(Code.OUTSIDE_ROOTS, "The file lies outside the folders that may be ingested")
    return real


@contextmanager
def _opened(path: bytes, roots: Sequence[bytes]) -> Iterator[int]:
    """The file's descriptor. Opening must neither wait for the writer of a FIFO nor leave the roots."""
    if roots:
        descriptor = os.open(_resolved(path, roots), _OPEN_FLAGS | os.O_NOFOLLOW)
    else:
        descriptor = os.open(path, _OPEN_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_head(path: bytes, head: bytes, gif: bool) -> None:
    """Refuse what is not worth reading to its end."""
    if not head:
        raise FileError(Code.EMPTY_FILE, "The file is empty")
    if accepted(head, gif=gif) is None:
        suffix = suffix_of(path)
        if suffix in SUPPORTED_SUFFIXES:
            raise FileError(Code.DECODE_FAILED, f"Named {suffix}, but its content is no supported picture")
        raise FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file")


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FileError(Code.TOO_LARGE, f"The file has {size:,} bytes; at most {max_bytes:,} are read")


def _whole(descriptor: int, size: int) -> bytes:
    """The first `size` bytes, fewer if it has shrunk: in one piece where the system gives them so.

    Putting a large RAW together out of pieces takes as long as hashing it.
    """
    pieces, read = [os.pread(descriptor, size, 0)], 0
    while (read := read + len(pieces[-1])) < size and pieces[-1]:
        pieces.append(os.pread(descriptor, size - read, read))
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        code, text = _CODES.get(error.errno or 0, (Code.READ_FAILED, f"The file cannot be read: {reason}"))
        raise FileError(code, text) from error
