"""Walking a tree of photos: every file in it gets exactly one entry, whatever its name and kind."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from libs.common.errors import Code, FileError
from libs.common.sources.entries import TWICE, Alias, Entry, Found, Ignored, Rejected, not_a_picture
from libs.common.sources.files.exclusions import NO_MEDIA, Exclusions, is_no_media
from libs.common.sources.files.failures import file_error
from libs.common.sources.files.links import Links
from libs.common.sources.files.only import FolderEntry, Only, entries
from libs.common.sources.files.opening import Opener
from libs.common.sources.source import Listing
from sluice.files.formats import ignored_file_rule, is_ignored_file, suffix_of

_SORTED_AT_ONCE = 10_000
"""Names are put in order in runs of this many: memory stays flat in a folder of millions."""

_LOOK = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC


def walk(root: bytes, requested: Listing, opener: Opener) -> Iterator[Entry]:
    """Every entry at or below `root` (absolute, without symlinks), which may be one file.

    Files of a folder come before those of its subfolders. Folders are entered once each: those behind
    symlinks last, so that a file is known by its real path. After them come the links to files: an alias of a
    file that was listed, or of the first link to one that was not. What the `opener` does not open is
    rejected, and so are files of other suffixes. Blocks on the file system: run it in a thread.
    """
    try:
        found = _stat(opener, root)
    except (OSError, FileError) as error:
        yield Rejected(root, _reason(error))
        return
    if requested.passed_over.holds(root):
        yield Ignored(root)
    elif stat.S_ISDIR(found.st_mode):
        with Links() as links:
            yield from _Walk(requested, opener, links).tree(root)
    else:
        yield _file(root, stat.S_ISREG(found.st_mode), requested.suffixes, lambda: found)


class _Walk:
    """One walk: the folders it has entered, and the links that it has yet to follow."""

    def __init__(self, requested: Listing, opener: Opener, links: Links) -> None:
        self._requested = requested
        self._opener = opener
        self._links = links
        self._entered: set[tuple[int, int]] = set()
        self._linked: deque[bytes] = deque()
        self._exclusions = Exclusions()
        self._root = b""
        self._only = Only(b"", ())

    def tree(self, root: bytes) -> Iterator[Entry]:
        self._exclusions = Exclusions.of(root, self._requested.exclude)
        self._root = root
        self._only = Only(root, self._requested.only)
        yield from self._real_tree(root, None)
        while self._linked:
            yield from self._linked_tree(self._linked.popleft())
        for path in self._links:
            yield self._linked_file(path)

    def _linked_tree(self, link: bytes) -> Iterator[Entry]:
        try:
            target = os.path.realpath(link, strict=True)
        except OSError as error:  # it was changed since it was listed
            yield Rejected(link, file_error(error))
            return
        yield from self._real_tree(link, target)

    def _real_tree(self, root: bytes, target: bytes | None) -> Iterator[Entry]:
        """`target`: the path of the root without symbolic links, where it is one."""
        folders = [(root, self._exclusions)]
        while folders:
            folder, excluded = folders.pop()
            below: list[bytes] = []
            real = None if target is None else target + folder[len(root) :] + b"/"
            try:
                with self._opener.folder(folder) as descriptor:
                    if is_no_media(descriptor):
                        yield Ignored(folder, NO_MEDIA)
                        continue
                    excluded = excluded.inside(folder, descriptor)
                    yield from self._entries(folder, descriptor, real, below, excluded)
            except (OSError, FileError) as error:
                yield Rejected(folder, _reason(error))
            folders += ((each, excluded) for each in sorted(below, reverse=True))

    def _entries(
        self, folder: bytes, descriptor: int, real: bytes | None, below: list[bytes], excluded: Exclusions
    ) -> Iterator[Entry]:
        """The folder's own entries; its subfolders are put into `below`."""
        if not self._is_new(descriptor):
            yield Ignored(folder, TWICE)
            return
        prefix = folder.rstrip(b"/") + b"/"
        if (names := self._only.names(folder)) is not None:
            yield from self._run(entries(descriptor, names), prefix, real, below, excluded)
            return
        with os.scandir(descriptor) as found:
            while run := sorted(islice(found, _SORTED_AT_ONCE), key=_name):
                yield from self._run(run, prefix, real, below, excluded)

    def _is_new(self, descriptor: int) -> bool:
        found = os.fstat(descriptor)
        identity = (found.st_dev, found.st_ino)
        new = identity not in self._entered
        self._entered.add(identity)
        return new

    def _run(
        self,
        run: Iterable[FolderEntry],
        prefix: bytes,
        real: bytes | None,
        below: list[bytes],
        excluded: Exclusions,
    ) -> Iterator[Entry]:
        for entry in run:
            name = os.fsencode(entry.name)
            path = prefix + name
            is_folder = entry.is_dir(follow_symlinks=False)
            if excluded.patterns and (rule := excluded.rule(path, folder=is_folder)) is not None:
                yield Ignored(path, rule)
            elif entry.is_symlink():
                yield from self._symlink(path, name)
            elif is_folder:
                yield from self._folder(path, name, path if real is None else real + name, below)
            elif (rule := ignored_file_rule(name)) is not None:
                yield Ignored(path, rule)
            else:
                regular = entry.is_file(follow_symlinks=False)
                target = None if real is None else real + name
                stat_of = partial(entry.stat, follow_symlinks=False)
                yield _file(path, regular, self._requested.suffixes, stat_of, target)

    def _folder(self, path: bytes, name: bytes, real: bytes, below: list[bytes]) -> Iterator[Entry]:
        if not self._requested.recursive:
            return
        if self._requested.passed_over.is_own(real):
            return
        if (rule := self._requested.passed_over.folder_rule(name)) is not None:
            yield Ignored(path, rule)
        else:
            below.append(path)

    def _symlink(self, path: bytes, name: bytes) -> Iterator[Entry]:
        if rule := ignored_file_rule(name) or self._requested.passed_over.folder_rule(name):
            yield Ignored(path, rule)
            return
        try:
            target = os.path.realpath(path, strict=True)
            found = _stat(self._opener, target)
        except (OSError, FileError) as error:
            yield Rejected(path, _reason(error))
            return
        if self._requested.passed_over.is_own(target):
            return
        if self._requested.passed_over.holds(target):
            yield Ignored(path)
        elif not stat.S_ISDIR(found.st_mode):
            self._links.add(path)
        elif self._requested.recursive:
            self._linked.append(path)

    def _linked_file(self, path: bytes) -> Entry:
        """What a link to a file is, now that all folders have been entered."""
        try:
            target = os.path.realpath(path, strict=True)
            found = _stat(self._opener, target)
            listed = self._is_listed(target)
        except (OSError, FileError) as error:
            return Rejected(path, _reason(error))
        entry = _file(path, stat.S_ISREG(found.st_mode), self._requested.suffixes, lambda: found, target)
        if not isinstance(entry, Found):
            return entry
        of = target if listed else self._links.first_to(found, path)
        return entry if of == path else Alias(path, of)

    def _is_listed(self, target: bytes) -> bool:
        folder, _, name = target.rpartition(b"/")
        there = os.stat(folder or b"/")  # noqa: PTH116 (bytes paths)
        entered = (there.st_dev, there.st_ino) in self._entered
        # Where just some paths are listed, the others of the root are files of their own all the same.
        entered = entered or (bool(self._requested.only) and target.startswith(self._root + b"/"))
        return entered and not is_ignored_file(name) and suffix_of(name) in self._requested.suffixes


def _name(entry: FolderEntry) -> str:
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
    path: bytes,
    regular: bool,
    suffixes: frozenset[str],
    stat_of: Callable[[], os.stat_result],
    target: bytes | None = None,
) -> Entry:
    if not regular:
        return Rejected(path, FileError(Code.NOT_A_REGULAR_FILE, "not a regular file"))
    if suffix_of(path) not in suffixes:
        return not_a_picture(path)
    try:
        found = stat_of()
    except OSError as error:
        return Rejected(path, file_error(error))
    return Found(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, target)
