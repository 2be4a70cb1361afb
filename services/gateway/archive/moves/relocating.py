"""Giving one file another place, step by step, so that after any of them the file is still there.

Never copies, never overwrites, and removes a name only where the same file has another.
"""

import errno
import os
from pathlib import Path
from typing import Literal

from libs.common.errors import Code, FileError
from libs.common.sources.files.places import Place
from services.gateway.archive.checks import Seen, look
from services.gateway.archive.journal import Carried
from services.gateway.archive.moves.disk import Disk
from services.gateway.archive.moves.rules import Rules

_NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK))

Whereabouts = Literal["source", "both", "destination"]


def relocate(rules: Rules, source: Path, destination: Path, seen: Seen | None = None) -> None:
    """Move the file; it may have come half-way before.

    `seen` is what the source was: if it is not that any more, or its folders have been moved or replaced,
    nothing moves and FileError file_changing is raised. Raises OSError, FileExistsError where the name is
    taken.
    """
    with rules.places.pair(source, destination) as (here, there):
        _relocate(rules, here, there, seen)


def whereabouts(file: Carried, rules: Rules) -> Whereabouts:
    """Where a file is whose move was cut short; its inode may have another number since."""
    source, destination = Path(file.source), Path(file.destination)
    if _are_same(rules, source, destination):
        return "both"
    if _is_there(destination, file, rules) and not _is_there(source, file, rules):
        return "destination"
    return "source"


def _relocate(rules: Rules, here: Place, there: Place, seen: Seen | None) -> None:
    disk = rules.disk
    if not _same(here, there):
        _place(disk, here, there)
        if (reason := _spoilt(rules, here, there, seen)) is not None:
            _take_back(disk, here, there)
            raise FileError(Code.FILE_CHANGING, reason)
    disk.sync_folder(there)
    if _same(here, there):
        disk.unlink(here)
    disk.sync_folder(here)


def _spoilt(rules: Rules, here: Place, there: Place, seen: Seen | None) -> str | None:
    """Why the file that has just got its second name may not lose its first."""
    if seen is not None and not seen.is_still(there.lstat()):
        return "it was replaced or written to at this very moment"
    try:
        if rules.places.are_still(here, there):
            return None
    except (OSError, FileError):
        return "its folder was moved away at this very moment"
    return "its folder was replaced at this very moment"


def _place(disk: Disk, source: Place, destination: Place) -> None:
    try:
        disk.link(source, destination)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        disk.rename(source, destination)


def _take_back(disk: Disk, source: Place, destination: Place) -> None:
    """Undo `_place`, for whatever file it was that it found."""
    if _same(source, destination):
        disk.unlink(destination)
    else:
        disk.rename(destination, source)


def _are_same(rules: Rules, source: Path, destination: Path) -> bool:
    try:
        with rules.places.pair(source, destination) as (here, there):
            return _same(here, there)
    except (OSError, FileError):
        return False


def _same(source: Place, destination: Place) -> bool:
    try:
        return os.path.samestat(source.lstat(), destination.lstat())
    except OSError:
        return False


def _is_there(path: Path, file: Carried, rules: Rules) -> bool:
    try:
        with rules.places.of(path) as place:
            size = place.lstat().st_size
        return size == file.size and look(path, rules.sources).sha256 == file.sha256
    except (OSError, FileError):
        return False
