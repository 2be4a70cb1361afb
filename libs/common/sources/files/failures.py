"""What the errors of file system calls mean for a file."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.errors import Code, FileError

_GONE = (Code.FILE_VANISHED, "The file is no longer there")
_DENIED = (Code.PERMISSION_DENIED, "No permission to read the file")
_IRREGULAR = (Code.NOT_A_REGULAR_FILE, "Not a regular file")
_MEANINGS = {
    errno.ENOENT: _GONE,
    errno.ENOTDIR: _GONE,
    errno.ESTALE: _GONE,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ELOOP: (Code.NOT_A_REGULAR_FILE, "The symbolic link leads nowhere or elsewhere"),
    errno.ENXIO: _IRREGULAR,
    errno.EISDIR: _IRREGULAR,
    errno.ENAMETOOLONG: (Code.NOT_A_REGULAR_FILE, "The path is too long to be opened"),
}


def file_error(error: OSError) -> FileError:
    """The error as the file's outcome."""
    if error.errno in _MEANINGS:
        return FileError(*_MEANINGS[error.errno])
    return FileError(Code.READ_FAILED, f"The file cannot be read: {error.strerror or error}")


@contextmanager
def file_errors() -> Iterator[None]:
    """Raise FileError in place of the system's errors."""
    try:
        yield
    except OSError as error:
        raise file_error(error) from error
    except ValueError as error:
        raise FileError(Code.NOT_A_REGULAR_FILE, f"The path cannot be followed: {error}") from error
