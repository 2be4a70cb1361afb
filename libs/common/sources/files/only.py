"""Listing just some paths below a root: the names to look at in each folder on the way to them."""

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Protocol


class FolderEntry(Protocol):
    """What a walk asks of an entry of a folder; os.DirEntry is one."""

    @property
    def name(self) -> str:
        """Without its folders."""

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a regular file."""

    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Its status; OSError."""


class Only:
    """Which names of a folder lead to the paths that are asked for; other folders are listed whole."""

    def __init__(self, root: bytes, paths: Iterable[bytes]) -> None:
        self._names: dict[bytes, set[bytes]] = {}
        for path in sorted(set(paths)):
            self._add(root.rstrip(b"/"), path)

    def names(self, folder: bytes) -> list[bytes] | None:
        """The names to look at in this folder, sorted; None: all of them."""
        found = self._names.get(folder.rstrip(b"/"))
        return None if found is None else sorted(found)

    def _add(self, root: bytes, path: bytes) -> None:
        folder = root
        for name in path[len(root) :].strip(b"/").split(b"/"):
            names = self._names.setdefault(folder, set())
            whole = name in names and folder + b"/" + name not in self._names
            if whole:
                return  # a folder above it is asked for, which sorts before it
            names.add(name)
            folder += b"/" + name


def entries(folder: int, names: Iterable[bytes]) -> Iterator[FolderEntry]:
    """Those of the names that are in the open folder."""
    for name in names:
        try:
            yield _Entry(os.fsdecode(name), os.lstat(name, dir_fd=folder))
        except FileNotFoundError:
            continue


class _Entry:
    """As os.DirEntry, by its own status: links are not followed."""

    def __init__(self, name: str, found: os.stat_result) -> None:
        self.name = name
        self._found = found

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 (as os.DirEntry)
        return stat.S_ISDIR(self._found.st_mode)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 (likewise)
        return stat.S_ISREG(self._found.st_mode)

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self._found.st_mode)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002 (likewise)
        return self._found
