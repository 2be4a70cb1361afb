"""Giving one file another place, step by step, so that after any of them the file is still there.

Never copies, never overwrites, and removes a name only where the same file has another.
"""

import errno
from pathlib import Path
from typing import Literal

from libs.common.errors import Code, FileError
from libs.common.sources.sources import Sources
from services.gateway.archive.checks import Seen, look
from services.gateway.archive.journal import Carried
from services.gateway.archive.moves.disk import Disk

_NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK))

Whereabouts = Literal["source", "both", "destination"]


def relocate(disk: Disk, source: Path, destination: Path, seen: Seen | None = None) -> None:
    """Move the file; it may have come half-way before.

    `seen` is what the source was: if it is not that any more, nothing moves and FileError file_changing is
    raised. Raises OSError, FileExistsError where the name is taken.
    """
    if not _same(source, destination):
        _place(disk, source, destination)
        if seen is not None and not seen.is_still(destination.lstat()):
            _take_back(disk, source, destination)
            raise FileError(Code.FILE_CHANGING, "it was replaced or written to at this very moment")
    disk.sync_folder(destination.parent)
    if _same(source, destination):
        disk.unlink(source)
    disk.sync_folder(source.parent)


def whereabouts(file: Carried, sources: Sources) -> Whereabouts:
    """Where a file is whose move was cut short; its inode may have another number since."""
    source, destination = Path(file.source), Path(file.destination)
    if _same(source, destination):
        return "both"
    if _is_there(destination, file, sources) and not _is_there(source, file, sources):
        return "destination"
    return "source"


def _place(disk: Disk, source: Path, destination: Path) -> None:
    try:
        disk.link(source, destination)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        disk.rename(source, destination)


def _take_back(disk: Disk, source: Path, destination: Path) -> None:
    """Undo `_place`, for whatever file it was that it found."""
    if _same(source, destination):
        disk.unlink(destination)
    else:
        disk.rename(destination, source)


def _same(source: Path, destination: Path) -> bool:
    try:
        one, other = source.lstat(), destination.lstat()
    except OSError:
        return False
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _is_there(path: Path, file: Carried, sources: Sources) -> bool:
    try:
        return path.lstat().st_size == file.size and look(path, sources).sha256 == file.sha256
    except (OSError, FileError):
        return False
