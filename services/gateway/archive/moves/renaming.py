"""A rename that never replaces, for file systems without hard links."""

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1


def rename_without_replacing(source: Path, destination: Path) -> None:
    """Rename in one step.

    Raises FileExistsError where the name is taken, and OSError EOPNOTSUPP where the system or the file
    system cannot do that: looking first and renaming then could replace a file that came in between.
    """
    if os.name == "nt":
        source.rename(destination)
        return
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise _unsupported(destination)
    status = renameat2(
        _AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(destination), ctypes.c_uint(_RENAME_NOREPLACE)
    )
    if status == 0:
        return
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        raise _unsupported(destination)
    raise OSError(number, os.strerror(number), str(destination))


def _unsupported(destination: Path) -> OSError:
    return OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), str(destination))
