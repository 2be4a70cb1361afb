"""Folders that the user of this process alone may enter."""

import os
import stat
from pathlib import Path

from libs.common.errors import Code, SluiceError

UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(folder: Path, setting: str) -> None:
    """Make the folder if it is not there; SluiceError bad_setting if others may enter it.

    A folder of another owner, as a mounted volume may be, is taken as it is: it cannot be closed by us, and
    what is made in it is for us alone (UMASK).
    """
    try:
        folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        detail = (
            f"{setting} cannot be used: {folder}: {error.strerror}; set it to a folder that can be written"
        )
        raise SluiceError(Code.BAD_SETTING, detail) from error
    if found.st_uid == os.geteuid() and found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise SluiceError(
            Code.BAD_SETTING,
            f"other users of this machine may enter {setting} ({mode:04o}): chmod 700 {folder.absolute()}",
        )
