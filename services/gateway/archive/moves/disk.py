"""The calls that change the file system, and only those: what a crash can come between."""

import os
from pathlib import Path
from typing import Protocol

from services.gateway.archive.moves.renaming import rename_without_replacing


class Disk(Protocol):
    """Each call is one step. None overwrites anything; each raises OSError."""

    def make_folder(self, path: Path) -> None:
        """Make the folder if it is not there; its parents must be."""

    def link(self, source: Path, destination: Path) -> None:
        """Give the file a second name; FileExistsError if the name is taken."""

    def rename(self, source: Path, destination: Path) -> None:
        """Give the file another name, in one step; FileExistsError if the name is taken."""

    def unlink(self, path: Path) -> None:
        """Remove one name of a file that has another."""

    def sync_folder(self, path: Path) -> None:
        """Return once the folder's names are on disk."""

    def append(self, path: Path, data: bytes) -> None:
        """Add to the end of a file, made if need be; return once it is on disk. All or nothing, but for
        a crash.
        """

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file that a crash left with half a line."""


class RealDisk:
    """The Disk that there is."""

    def make_folder(self, path: Path) -> None:
        """See Disk."""
        path.mkdir(exist_ok=True)

    def link(self, source: Path, destination: Path) -> None:
        """See Disk."""
        os.link(source, destination, follow_symlinks=False)

    def rename(self, source: Path, destination: Path) -> None:
        """See Disk."""
        rename_without_replacing(source, destination)

    def unlink(self, path: Path) -> None:
        """See Disk."""
        path.unlink()

    def sync_folder(self, path: Path) -> None:
        """See Disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def append(self, path: Path, data: bytes) -> None:
        """See Disk."""
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
        try:
            before = os.fstat(descriptor).st_size
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


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
