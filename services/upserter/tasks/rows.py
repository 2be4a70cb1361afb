"""Matrices that are larger than a task's memory: rows in a file on disk, mapped."""

import mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import numpy as np

from libs.common.runtime.disk import needing_room
from libs.common.store.vectors import Matrix
from services.upserter.tasks.comparing import Numbers, blocks


class RowFile:
    """Rows written one after the other to a file without a name, which is gone with the process.

    What is mapped from it takes memory only while it is read, and the system may have that back at any time.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._shape = (0, 1)
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; what was mapped stays."""
        self._file.close()

    def append(self, rows: Matrix) -> None:
        """Write these rows; UnavailableError disk_full where there is no room, with nothing written."""
        left = memoryview(rows.tobytes())
        with needing_room(self._folder):
            self._file.seek(self._bytes)
            while left:
                left = left[self._file.write(left) :]
        self._bytes += rows.nbytes
        self._shape = (self._shape[0] + len(rows), rows.shape[1])

    def mapped(self) -> Matrix:
        """All rows so far, to be read."""
        if not self._shape[0]:
            return np.zeros(self._shape, np.float32)
        return np.asarray(np.memmap(self._file, np.float32, "r", shape=self._shape))


def release(units: Matrix) -> None:
    """Give back the memory that reading a mapped matrix took: the system has the file at hand."""
    base: object = units
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)


def subset(units: Matrix, rows: Numbers, folder: Path) -> Matrix:
    """These rows of the matrix, as a matrix on disk."""
    with RowFile(folder) as file:
        for part in blocks(len(rows)):
            file.append(units[rows[part.start : part.stop]])
        return file.mapped()
