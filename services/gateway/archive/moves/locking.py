"""Who may do what: one owner an archive, and one move at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock

TURN_SECONDS = 60.0
"""How long a move waits for another's: that hashes two files and renames one."""


class Locks:
    """The locks of an archive directory, good among all processes that use it; free when theirs end."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mine = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The right to check files and move them, alone. Blocks; SluiceError archive_busy in the end."""
        if not self._mine.acquire(timeout=TURN_SECONDS):
            raise _busy("other files are being moved")
        try:
            with _held(self._root, TURN_SECONDS, "other files are being moved"):
                yield
        finally:
            self._mine.release()

    @contextmanager
    def owned(self, folder: Path) -> Iterator[None]:
        """The right to add to the archive in `folder`; SluiceError archive_busy if another has it."""
        with _held(folder, 0.0, f"archive {folder.name} is being worked on"):
            yield


@contextmanager
def _held(folder: Path, timeout_s: float, otherwise: str) -> Iterator[None]:
    lock = DirLock(folder)
    try:
        lock.acquire(timeout_s)
    except SluiceError as error:
        raise _busy(otherwise) from error
    try:
        yield
    finally:
        lock.release()


def _busy(what: str) -> SluiceError:
    return SluiceError(Code.ARCHIVE_BUSY, f"{what}: try again in a moment", retryable=True)
