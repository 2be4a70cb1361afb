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
from libs.common.sources.files.opening import Opener
from libs.common.sources.formats import ARCHIVE_FOLDERS, is_ignored_file, is_ignored_folder, suffix_of
from libs.common.sources.source import Listing

_SORTED_AT_ONCE = 10_000
"""Names are put in order in runs of this many: memory stays flat in a folder of millions."""

_LOOK = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC


def walk(root: bytes, asked: Listing, opener: Opener) -> Iterator[Entry]:
    """Every entry at or below `root` (absolute, without symlinks), which may be one file.

    Files of a folder come before those of its subfolders. Folders are entered once each: those behind
    symlinks last, so that a file is known by its real path. What the `opener` does not open is rejected, and
    so are files of other suffixes. Blocks on the file system: run it in a thread.
    """
    try:
        found = _stat(opener, root)
    except (OSError, FileError) as error:
        yield Rejected(root, _reason(error))
        return
    if stat.S_ISDIR(found.st_mode):
        yield from _Walk(asked, opener).tree(root)
    else:
        yield _file(root, stat.S_ISREG(found.st_mode), asked.suffixes, lambda: found)


class _Walk:
    """One walk: the folders it has entered, and those behind symlinks that it has yet to enter."""

    def __init__(self, asked: Listing, opener: Opener) -> None:
        self._asked = asked
        self._opener = opener
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
                with self._opener.folder(folder) as descriptor:
                    yield from self._entries(folder, descriptor, below)
            except (OSError, FileError) as error:
                yield Rejected(folder, _reason(error))
            folders += sorted(below, reverse=True)

    def _entries(self, folder: bytes, descriptor: int, below: list[bytes]) -> Iterator[Entry]:
        """The folder's own entries; its subfolders are put into `below`."""
        if not self._is_new(descriptor):
            yield Ignored(folder)
            return
        prefix = folder.rstrip(b"/") + b"/"
        with os.scandir(descriptor) as entries:
            while run := sorted(islice(entries, _SORTED_AT_ONCE), key=_name):
                yield from self._run(run, prefix, below)

    def _is_new(self, descriptor: int) -> bool:
        found = os.fstat(descriptor)
        identity = (found.st_dev, found.st_ino)
        new = identity not in self._entered
        self._entered.add(identity)
        return new

    def _run(self, run: Iterable[os.DirEntry[str]], prefix: bytes, below: list[bytes]) -> Iterator[Entry]:
        for entry in run:
            name = os.fsencode(entry.name)
            path = prefix + name
            if entry.is_symlink():
                yield from self._symlink(path, name)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._folder(path, name, below)
            elif is_ignored_file(name):
                yield Ignored(path)
            else:
                regular = entry.is_file(follow_symlinks=False)
                yield _file(path, regular, self._asked.suffixes, partial(entry.stat, follow_symlinks=False))

    def _folder(self, path: bytes, name: bytes, below: list[bytes]) -> Iterator[Entry]:
        if not self._asked.recursive:
            return
        if is_ignored_folder(name):
            yield Ignored(path)
        else:
            below.append(path)

    def _symlink(self, path: bytes, name: bytes) -> Iterator[Entry]:
        if is_ignored_file(name) or is_ignored_folder(name):
            yield Ignored(path)
            return
        try:
            target = os.path.realpath(path, strict=True)
            found = _stat(self._opener, target)
        except (OSError, FileError) as error:
            yield Rejected(path, _reason(error))
            return
        if ARCHIVE_FOLDERS.intersection(target.split(b"/")):
            yield Ignored(path)
        elif not stat.S_ISDIR(found.st_mode):
            yield _file(path, stat.S_ISREG(found.st_mode), self._asked.suffixes, lambda: found)
        elif self._asked.recursive:
            self._linked.append(path)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _stat(opener: Opener, path: bytes) -> os.stat_result:
    """Of what the path leads to, also where it may be looked at and not read."""
    descriptor = opener.open(path, _LOOK)
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError | FileError) -> FileError:
    return error if isinstance(error, FileError) else file_error(error)


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
