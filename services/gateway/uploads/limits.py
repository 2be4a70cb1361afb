"""How much one upload may take, and what all of them leave free on their disk."""

import os
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code, SluiceError

FREE_INODES = 0.02
"""The part of the disk's inodes that uploads leave free: file systems cannot add any later."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """`files` and `folders` of one request; `free_bytes` of the disk that no upload takes."""

    files: int = 200_000
    folders: int = 20_000
    free_bytes: int = 0

    def check(self, files: int, folders: int) -> None:
        """Raise SluiceError too_large for a request of so many files and folders."""
        for count, most, what in ((files, self.files, "files"), (folders, self.folders, "folders")):
            if count > most:
                detail = f"the upload has more than {most:,} {what}: send it in parts"
                raise SluiceError(Code.TOO_LARGE, detail)

    def check_room(self, uploads: Path) -> None:
        """Raise SluiceError disk_full where the disk of `uploads` has no more than it is to keep free."""
        disk = os.statvfs(uploads)
        # Where a file system counts no inodes it says that it has none at all.
        short_of_inodes = disk.f_files > 0 and disk.f_favail < disk.f_files * FREE_INODES
        if short_of_inodes or disk.f_bavail * disk.f_frsize < self.free_bytes:
            missing = "inodes" if short_of_inodes else "room"
            detail = f"the disk for uploads is short of {missing}: free some, or send fewer files"
            raise SluiceError(Code.DISK_FULL, detail, retryable=True)
