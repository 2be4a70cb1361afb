"""Changes of files, gathered until they are quiet."""

import os
from collections.abc import Iterable

LONGEST_S = 30.0
"""Where changes never stop, those that are quiet go on their way after so long."""

Signature = tuple[int, int] | None
"""What tells that a file is still being written: its size and mtime; None where it is gone."""


class Gathering:
    """Paths that have changed. Times are seconds of any clock that does not go back.

    Blocks on the file system: call it in a thread.
    """

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._changed: dict[bytes, tuple[float, Signature]] = {}
        self._first = 0.0
        self._last = 0.0

    def __len__(self) -> int:
        return len(self._changed)

    def add(self, paths: Iterable[bytes], now: float) -> None:
        """These have changed."""
        for path in paths:
            if not self._changed:
                self._first = now
            self._changed[path] = now, _signature(path)
            self._last = now

    def take(self, now: float) -> list[bytes]:
        """What is quiet by now, sorted, if all is or has waited for long; files that still grow wait on."""
        if not self._changed or not (self._is_quiet(self._last, now) or now - self._first >= LONGEST_S):
            return []
        quiet = [path for path, (at, _) in self._changed.items() if self._is_quiet(at, now)]
        taken = [path for path in quiet if self._is_steady(path, now)]
        for path in taken:
            del self._changed[path]
        self._first = now
        return sorted(taken)

    def clear(self) -> None:
        """All is looked at anyway."""
        self._changed.clear()

    def _is_quiet(self, at: float, now: float) -> bool:
        return now - at >= self._quiet_s

    def _is_steady(self, path: bytes, now: float) -> bool:
        """Whether the file is as it was when its last change was seen; if not, it waits once more."""
        signature = _signature(path)
        if signature == self._changed[path][1]:
            return True
        self._changed[path] = now, signature
        return False


def _signature(path: bytes) -> Signature:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
