"""A rename that never replaces, for file systems without hard links."""

import ctypes
import errno
import os
from pathlib import Path

_RENAME_NOREPLACE = 1


AT_CWD = -100
"""In place of a folder: names are relative to the working directory, or absolute."""


def rename_without_replacing(
    source: Path, destination: Path, *, source_folder: int = AT_CWD, folder: int = AT_CWD
) -> None:
    """Rename in one step, what is in one open folder into another.

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
        source_folder,
        os.fsencode(source),
        folder,
        os.fsencode(destination),
        ctypes.c_uint(_RENAME_NOREPLACE),
    )
    if status == 0:
        return
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        raise _unsupported(destination)
    raise OSError(number, os.strerror(number), str(destination))


def _unsupported(destination: Path) -> OSError:
    return OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), str(destination))
