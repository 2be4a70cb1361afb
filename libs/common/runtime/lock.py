"""Locks on directories: one owner at a time, free again whenever its process ends, however it ends."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from libs.common.errors import Code, SluiceError

_held: set[int] = set()


def _drop_in_child() -> None:
    # A flock belongs to the open file, which a forked worker would share and so keep past its parent's end.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_drop_in_child)


class DirLock:
    """The right to use `directory` alone, among all processes of this machine.

    Two locks on one directory exclude each other within a process too.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / ".lock"
        self._descriptor: int | None = None

    def acquire(self, timeout: float = 0.0) -> None:
        """Take the lock, making the directory if needed; wait at most `timeout` seconds for it.

        Raises SluiceError data_dir_busy, naming the owner's pid, or bad_setting where nothing can be written.
        """
        descriptor = self._opened()
        try:
            self._wait(descriptor, time.monotonic() + timeout)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        _held.add(descriptor)
        self._descriptor = descriptor

    def _opened(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SluiceError(
                Code.BAD_SETTING,
                f"nothing can be kept in {self._path.parent}: {error.strerror}; "
                "set DATA_DIR and SLUICE_CACHE_DIR to folders that can be written",
            ) from error

    def _wait(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy(descriptor) from None
                time.sleep(0.05)
            else:
                return

    def _busy(self, descriptor: int) -> SluiceError:
        pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        return SluiceError(
            Code.DATA_DIR_BUSY,
            f"{self._path.parent} is used by another process (pid {pid or 'unknown'}); "
            "stop it, or set DATA_DIR to another folder",
        )

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor in _held:
            _held.discard(descriptor)
            os.close(descriptor)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


PATIENCE_SECONDS = 3.0
"""How long a new owner waits for the last one, which may be about to end."""


@asynccontextmanager
async def owned(directory: Path) -> AsyncIterator[None]:
    """The directory for this process alone while the block lasts; raises as `acquire`."""
    lock = DirLock(directory)
    await asyncio.to_thread(lock.acquire, PATIENCE_SECONDS)
    try:
        yield
    finally:
        lock.release()
