"""A disk of a few megabytes that fills up at once, and has room again when it is wanted."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_PIECE = 1 << 16


@dataclass(frozen=True)
class SmallDisk:
    """A file system of its own, mounted at `root`."""

    root: Path

    def fill(self, leave: int = 0) -> None:
        """Take all room but `leave` bytes, to the last one."""
        with self._filling.open("ab", buffering=0) as filling:
            piece = bytes(_PIECE)
            while piece:
                try:
                    filling.write(piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece = piece[: len(piece) // 2]
        if leave:
            with self._filling.open("r+b") as filling:
                filling.truncate(self._filling.stat().st_size - leave)

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._filling.unlink(missing_ok=True)

    @property
    def _filling(self) -> Path:
        return self.root / "filling"


@contextmanager
def small_disk(root: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Such a disk at `root`, which is made; skips the test where nothing may be mounted."""
    root.mkdir(parents=True)
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(root)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(root)], check=True)
