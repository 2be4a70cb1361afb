"""Opening what lies below a folder: from the folder's descriptor down, through no symbolic link."""

import errno
import os
import stat

from libs.common.sources.files import openat2

_PATH = getattr(os, "O_PATH", os.O_RDONLY)
_FOLDER = _PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_beneath(folder: int, path: bytes, flags: int) -> int:
    """A descriptor of `path`, which is relative to the open `folder`.

    Raises OSError: ELOOP if any part of the path is a symbolic link, EXDEV if it leads out of the folder.
    """
    if openat2.is_there():
        return openat2.openat2(folder, path, flags | os.O_CLOEXEC)
    return open_by_parts(folder, path, flags)


def open_by_parts(folder: int, path: bytes, flags: int) -> int:
    """As `open_beneath`, where the kernel cannot do it in one call."""
    *folders, name = path.split(b"/")
    if b".." in (*folders, name):
        raise _error(errno.EXDEV, path)
    at = os.dup(folder)
    try:
        for part in folders:
            below = _opened(part, _FOLDER, at)
            os.close(at)
            at = below
        return _opened(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, at)
    finally:
        os.close(at)


def _opened(name: bytes, flags: int, folder: int) -> int:
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except NotADirectoryError:
        if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
            raise _error(errno.ELOOP, name) from None
        raise
    if flags & _PATH and stat.S_ISLNK(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _error(errno.ELOOP, name)
    return descriptor


def _error(number: int, path: bytes) -> OSError:
    return OSError(number, os.strerror(number), os.fsdecode(path))
