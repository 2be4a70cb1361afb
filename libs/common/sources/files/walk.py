"""Walking a tree of photos: every file in it gets exactly one entry, whatever its name and kind."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry, Found, Ignored, Rejected
from libs.common.sources.files.failures import file_error
from libs.common.sources.formats import (
    ARCHIVE_FOLDERS,
    SUPPORTED_SUFFIXES,
    is_ignored_file,
    is_ignored_folder,
    suffix_of,
)

_SORTED_AT_ONCE = 10_000
"""Names are put in order in runs of this many: memory stays flat in a folder of millions."""

Allowed = Callable[[bytes], bool]
"""Whether a path, absolute and without symlinks, lies in a root that may be read."""


def walk(
    root: bytes, *, recursive: bool, allowed: Allowed, suffixes: frozenset[str] = SUPPORTED_SUFFIXES
) -> Iterator[Entry]:
    """Every entry at or below `root` (absolute, without symlinks), which may be one file.

    Files of a folder come before those of its subfolders. Folders are entered once each: those behind
    symlinks last, so that a file is known by its real path, and only where `allowed`. Files of other
    `suffixes` are rejected. Blocks on the file system: run it in a thread.
    """
    try:
        mode = os.stat(root).st_mode  # noqa: PTH116 (bytes paths)
    except OSError as error:
        yield Rejected(root, file_error(error))
        return
    if stat.S_ISDIR(mode):
        yield from _Walk(allowed, recursive, suffixes).tree(root)
    else:
        yield _file(root, stat.S_ISREG(mode), suffixes, partial(os.stat, root))


class _Walk:
    """One walk: the folders it has entered, and those behind symlinks that it has yet to enter."""

    def __init__(self, allowed: Allowed, recursive: bool, suffixes: frozenset[str]) -> None:
        self._allowed = allowed
        self._recursive = recursive
        self._suffixes = suffixes
        self._entered: set[tuple[int, int]] = set()
        self._linked: deque[bytes] = deque()

    def tree(self, root: bytes) -> Iterator[Entry]:
        yield from self._real_tree(root)
        while self._linked:
            yield from self._real_tree(self._linked.popleft())

    def _real_tree(self, root: bytes) -> Iterator[Entry]:
        folders = [root]
        while folders:
            folder = folders.pop()
            below: list[bytes] = []
            try:
                first_time = self._enter(folder)
                if first_time:
                    yield from self._files(folder, below)
                else:
                    yield Ignored(folder)
            except OSError as error:
                yield Rejected(folder, file_error(error))
            folders += sorted(below, reverse=True)

    def _enter(self, folder: bytes) -> bool:
        found = os.stat(folder)  # noqa: PTH116 (bytes paths)
        identity = (found.st_dev, found.st_ino)
        new = identity not in self._entered
        self._entered.add(identity)
        return new

    def _files(self, folder: bytes, below: list[bytes]) -> Iterator[Entry]:
        """The folder's own entries; its subfolders are put into `below`."""
        with os.scandir(folder) as entries:
            while run := sorted(islice(entries, _SORTED_AT_ONCE), key=_name):
                yield from self._run(run, below)

    def _run(self, run: Iterable[os.DirEntry[bytes]], below: list[bytes]) -> Iterator[Entry]:
        for entry in run:
            if entry.is_symlink():
                yield from self._symlink(entry)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._folder(entry, below)
            elif is_ignored_file(entry.name):
                yield Ignored(entry.path)
            else:
                regular = entry.is_file(follow_symlinks=False)
                yield _file(entry.path, regular, self._suffixes, partial(entry.stat, follow_symlinks=False))

    def _folder(self, entry: os.DirEntry[bytes], below: list[bytes]) -> Iterator[Entry]:
        if not self._recursive:
            return
        if is_ignored_folder(entry.name):
            yield Ignored(entry.path)
        else:
            below.append(entry.path)

    def _symlink(self, entry: os.DirEntry[bytes]) -> Iterator[Entry]:
        if is_ignored_file(entry.name) or is_ignored_folder(entry.name):
            yield Ignored(entry.path)
            return
        try:
            target = os.path.realpath(entry.path, strict=True)
            mode = os.stat(target).st_mode  # noqa: PTH116 (bytes paths)
        except OSError as error:
            yield Rejected(entry.path, file_error(error))
            return
        if ARCHIVE_FOLDERS.intersection(target.split(b"/")):
            yield Ignored(entry.path)
        elif not self._allowed(target):
            yield Rejected(
                entry.path, FileError(Code.OUTSIDE_ROOTS, "the link leads out of the allowed folders")
            )
        elif not stat.S_ISDIR(mode):
            yield _file(entry.path, stat.S_ISREG(mode), self._suffixes, partial(os.stat, entry.path))
        elif self._recursive:
            self._linked.append(entry.path)


def _name(entry: os.DirEntry[bytes]) -> bytes:
    return entry.name


def _file(
    path: bytes, regular: bool, suffixes: frozenset[str], stat_of: Callable[[], os.stat_result]
) -> Entry:
    if not regular:
        return Rejected(path, FileError(Code.NOT_A_REGULAR_FILE, "not a regular file"))
    if suffix_of(path) not in suffixes:
        return Rejected(
            path, FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file"), "File type not supported"
        )
    try:
        found = stat_of()
    except OSError as error:
        return Rejected(path, file_error(error))
    return Found(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
