"""The folders that no scan enters, and whose files are no copies: bins, snapshots, a system's own."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sluice.files.rules import BIN, HIDDEN

ARCHIVES = ("_VibeDuplicates", "_VibeArchive")
"""Folders that archived files are moved to."""

NAMES = (
    *(".Trash*", ".Trashes", "$RECYCLE.BIN", "RECYCLER", "RECYCLED", "System Volume Information"),
    *("lost+found", "@eaDir", "#recycle", "@Recycle", "#snapshot", "@Recently-Snapshot", ".snapshot", ".zfs"),
    *("@tmp", ".@__thumb", ".thumbnails", ".stversions", ".stfolder", "__MACOSX", *ARCHIVES),
)
"""Names of such folders, at any depth and in any case; an asterisk at the end stands for any ending.

The setting PASS_OVER adds to them.
"""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Which folders are passed over: by their name, or because they hold this service's own data."""

    whole: frozenset[bytes]
    beginnings: tuple[bytes, ...]
    own: tuple[bytes, ...] = ()
    """Absolute, without symbolic links."""

    @classmethod
    def of(cls, added: Iterable[str] = (), own: Iterable[Path] = ()) -> "PassedOver":
        """NAMES, those `added`, and the folders `own` wherever they lie. Blocks on the file system."""
        names = [os.fsencode(name.strip()).lower() for name in (*NAMES, *added) if name.strip()]
        return cls(
            frozenset(name for name in names if not name.endswith(b"*")),
            tuple(name[:-1] for name in names if name.endswith(b"*")),
            tuple(os.fsencode(folder.resolve()) for folder in own),
        )

    def is_ignored_folder(self, name: bytes) -> bool:
        """Whether a folder of this name is not entered: hidden ones are not either."""
        return self.folder_rule(name) is not None

    def folder_rule(self, name: bytes) -> str | None:
        """Why a folder of this name is not entered; None where it is."""
        if self.has_name(name):
            return BIN
        return HIDDEN if name.startswith(b".") else None

    def has_name(self, name: bytes) -> bool:
        """Whether a folder of this name, without its parents, is passed over."""
        lower = name.lower()
        return lower in self.whole or lower.startswith(self.beginnings)

    def holds(self, path: bytes) -> bool:
        """Whether this file, or this folder, lies below a folder whose name is passed over, or is one."""
        return any(self.has_name(part) for part in path.split(b"/") if part)

    def is_own(self, path: bytes) -> bool:
        """Whether the folder (absolute, without symbolic links) is one that holds this service's data."""
        return path in self.own


ARCHIVE_FOLDERS = frozenset(map(os.fsencode, ARCHIVES))
"""The same, as the operating system has the names."""

BY_NAME = PassedOver.of()
"""The declared names alone."""
