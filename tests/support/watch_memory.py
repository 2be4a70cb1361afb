"""How long it takes, and how much memory, to watch 100,000 files: `python -m tests.support.watch_memory`."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from services.scanner.libraries.watching import Watch, Way

FOLDERS, FILES = 1000, 100


def megabytes() -> float:
    """What this process holds in memory now."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def fill(root: Path) -> None:
    """The folder to watch."""
    for number in range(FOLDERS):
        folder = root / f"{number:04}"
        folder.mkdir()
        for file in range(FILES):
            (folder / f"{file}.jpg").touch()


async def measure(root: Path, way: Way) -> None:
    """Print it for one way of watching."""
    before, began = megabytes(), time.monotonic()
    watch = Watch(os.fsencode(root), way, 60.0)
    await watch.next()
    took, more = time.monotonic() - began, megabytes() - before
    print(f"{way}: {took:.1f} s, {more:.0f} MB; load {os.getloadavg()[0]:.0f}")
    watch.close()


def main() -> None:
    """By events, then by polling."""
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home))
        ways: tuple[Way, ...] = ("events", "polling")
        for way in ways:
            asyncio.run(measure(Path(home), way))


if __name__ == "__main__":
    main()
