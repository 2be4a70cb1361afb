"""Finding changes below a folder by looking at all of it again and again."""

import os
import threading
import time
from collections.abc import Iterator

Names = dict[bytes, int | None]
"""What lies in a folder: of a file what tells that it is as it was, of a folder None."""

_ABSENT = object()


def polled(root: bytes, poll_s: float, wait_s: float, stop: threading.Event) -> Iterator[set[bytes]]:
    """The paths that changed, one look every `poll_s`; in between nothing, every `wait_s`, until `stop`.

    What comes first is empty, once everything has been looked at. Raises OSError: the root cannot be read.
    """
    polling = Polling(root, stop)
    polling.look()
    yield set()
    while not stop.is_set():
        due = time.monotonic() + poll_s
        while (left := due - time.monotonic()) > 0 and not stop.wait(min(left, wait_s)):
            yield set()
        yield polling.look()


class Polling:
    """A file has changed where its size or one of its times differs from before, as a rescan sees it.

    A time may go back: a file out of a backup brings its own. Blocks on the file system.
    """

    def __init__(self, root: bytes, stop: threading.Event) -> None:
        self._root = root
        self._stop = stop
        self._known: dict[bytes, Names] = {}

    def look(self) -> set[bytes]:
        """The files that came, changed or went since the look before, and the folders that went.

        A folder that cannot be read is taken to be as it was. Raises OSError: this is the root.
        """
        known, self._known = self._known, {}
        changed, entered = set[bytes](), set[tuple[int, int]]()
        folders = [self._root]
        while folders and not self._stop.is_set():
            folder = folders.pop()
            try:
                if (names := _names(folder, entered)) is None:
                    continue
            except OSError:
                if folder == self._root:
                    self._known = known
                    raise
                self._known |= _at_or_below(folder, known)
                continue
            self._known[folder] = names
            changed |= {_joined(folder, name) for name in _differing(known.get(folder, {}), names)}
            folders += (_joined(folder, name) for name, signature in names.items() if signature is None)
        return changed


def _names(folder: bytes, entered: set[tuple[int, int]]) -> Names | None:
    """What lies in the folder; None of one that was entered already, by a symbolic link."""
    found = os.stat(folder)  # noqa: PTH116 (bytes paths)
    if (found.st_dev, found.st_ino) in entered:
        return None
    entered.add((found.st_dev, found.st_ino))
    with os.scandir(folder) as entries:
        return {entry.name: _signature(entry) for entry in entries}


def _signature(entry: os.DirEntry[bytes]) -> int | None:
    """Its size and times, as one number to take less memory; of a link those of what it leads to."""
    try:
        if entry.is_dir():
            return None
        found = entry.stat()
    except OSError:  # a link to itself, or to nothing
        return 0
    return hash((found.st_size, found.st_mtime_ns, found.st_ctime_ns))


def _differing(before: Names, now: Names) -> set[bytes]:
    """The names of what came, changed or went; not of folders that came, whose files all have come."""
    came = {
        name
        for name, signature in now.items()
        if before.get(name, _ABSENT) != signature and not (signature is None and name not in before)
    }
    return came | (before.keys() - now.keys())


def _at_or_below(folder: bytes, known: dict[bytes, Names]) -> dict[bytes, Names]:
    inside = folder + b"/"
    return {each: names for each, names in known.items() if each == folder or each.startswith(inside)}


def _joined(folder: bytes, name: bytes) -> bytes:
    return folder.rstrip(b"/") + b"/" + name
