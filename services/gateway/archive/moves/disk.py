"""The calls that change the file system, and only those: what a crash can come between."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from libs.common.sources.files.places import Place
from services.gateway.archive.moves.renaming import AT_CWD, rename_without_replacing

_PLAIN = 0o666
"""What a file that is not run may be allowed."""

Name = Path | Place
"""A path of our own folders, or a name in an open folder of other people's."""


class Disk(Protocol):
    """Each call is one step. None overwrites anything; each raises OSError."""

    def make_folder(self, path: Name) -> None:
        """Make the folder if it is not there; its parents must be. In an open folder who may enter that may
        enter it.
        """

    def link(self, source: Name, destination: Name) -> None:
        """Give the file a second name; FileExistsError if the name is taken."""

    def rename(self, source: Name, destination: Name) -> None:
        """Give the file another name, in one step; FileExistsError if the name is taken."""

    def unlink(self, path: Name) -> None:
        """Remove one name of a file that has another."""

    def remove_folder(self, path: Name) -> None:
        """Remove an empty folder."""

    def sync_folder(self, path: Name) -> None:
        """Return once the names in the folder are on disk: that of a path, or the one that a place is in."""

    def append(self, path: Name, data: bytes) -> None:
        """Add to the end of a file, made if need be; return once it is on disk. All or nothing, but for
        a crash.
        """

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file that a crash left with half a line."""


class RealDisk:
    """The Disk that there is."""

    def make_folder(self, path: Name) -> None:
        """See Disk."""
        name, folder = _at(path)
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)

    def link(self, source: Name, destination: Name) -> None:
        """See Disk."""
        (name, folder), (new, there) = _at(source), _at(destination)
        os.link(name, new, src_dir_fd=folder, dst_dir_fd=there, follow_symlinks=False)

    def rename(self, source: Name, destination: Name) -> None:
        """See Disk."""
        (name, folder), (new, there) = _at(source), _at(destination)
        rename_without_replacing(
            name,
            new,
            source_folder=AT_CWD if folder is None else folder,
            folder=AT_CWD if there is None else there,
        )

    def unlink(self, path: Name) -> None:
        """See Disk."""
        name, folder = _at(path)
        os.unlink(name, dir_fd=folder)

    def remove_folder(self, path: Name) -> None:
        """See Disk."""
        name, folder = _at(path)
        os.rmdir(name, dir_fd=folder)

    def sync_folder(self, path: Name) -> None:
        """See Disk."""
        if isinstance(path, Place):
            os.fsync(path.folder)
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def append(self, path: Name, data: bytes) -> None:
        """See Disk."""
        name, folder = _at(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, 0o644, dir_fd=folder)
        try:
            before = os.fstat(descriptor).st_size
            if folder is not None and not before:
                os.fchmod(descriptor, _mode(folder) & _PLAIN)
            try:
                _write_all(descriptor, data)
                # Some file systems find out only here that there is no room.
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def truncate(self, path: Path, size: int) -> None:
        """See Disk."""
        os.truncate(path, size)


def _share(name: Path, folder: int) -> None:
    """Let those who may enter the open folder enter the one below it: photos in it are still theirs."""
    made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fchmod(made, _mode(folder))
    finally:
        os.close(made)


def _mode(folder: int) -> int:
    return stat.S_IMODE(os.fstat(folder).st_mode)


def _at(path: Name) -> tuple[Path, int | None]:
    """The name, and the folder that it is relative to."""
    return (Path(path.name), path.folder) if isinstance(path, Place) else (path, None)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
