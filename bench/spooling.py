"""What the scanner's spool costs, by the size of the job: `python -m bench.spooling [FILES ...]`.

A job over folders of a thousand files: listed in chunks, taken in batches, and given outcomes in the order in
which a window of files comes back. It prints the CPU time of the thread that calls the spool.
"""

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from libs.common import ids
from libs.common.events import MAX_ITEMS, Outcome
from services.scanner.listing.entries import Spooled
from services.scanner.listing.inventory import CHUNK_FILES
from services.scanner.listing.spool import Spool

SIZES = (300_000, 600_000, 1_200_000, 2_400_000)
FOLDER = 1000
WINDOW = 20_000
MIXED = 6_000
"""The files that were sent first come back mixed by so many, as several consumers work on them."""


def main() -> None:
    """Print what a file costs, for jobs of these sizes."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            added, taken, folded = (1e6 * seconds / size for seconds in cost(Path(folder), size))
            whole = added + taken + folded
            sys.stdout.write(
                f"{size:>9,} files: {whole:5.1f} us a file (add {added:.1f}, take {taken:.1f}, "
                f"fold {folded:.1f})\n"
            )
            sys.stdout.flush()


def cost(folder: Path, files: int) -> tuple[float, float, float]:
    """Seconds of a core that adding, taking and folding the files of such a job take."""
    spool, chance = Spool(folder / "spool.sqlite"), random.Random(1)  # noqa: S311 - no secret
    added, taken, folded, under_way = 0.0, 0.0, 0.0, list[Spooled]()
    for start in range(0, files, CHUNK_FILES):
        chunk = [_spooled(number) for number in range(start, min(files, start + CHUNK_FILES))]
        began = time.thread_time()
        spool.add(chunk)
        added += time.thread_time() - began
    while not spool.done:
        began = time.thread_time()
        while spool.in_flight < WINDOW and (batch := spool.take(MAX_ITEMS, 0.0)):
            under_way += batch
        taken += time.thread_time() - began
        back, under_way = _back(under_way, chance)
        began = time.thread_time()
        spool.fold(back)
        folded += time.thread_time() - began
    spool.close()
    return added, taken, folded


def _back(under_way: list[Spooled], chance: random.Random) -> tuple[Sequence[Outcome], list[Spooled]]:
    """The outcomes that come back next, and what is still under way."""
    first, later = under_way[:MIXED], under_way[MIXED:]
    chance.shuffle(first)
    return [_outcome(file) for file in first[:MAX_ITEMS]], first[MAX_ITEMS:] + later


def _spooled(number: int) -> Spooled:
    path = b"/photos/%04d/%03d.jpg" % divmod(number, FOLDER)
    return Spooled(file_id=ids.file_id("photos", path), path=path, size=number, mtime_ns=1, ctime_ns=1)


def _outcome(file: Spooled) -> Outcome:
    return Outcome(file_id=file.file_id, file=file.path.decode(), outcome="stored", source="batch_ml")


if __name__ == "__main__":
    main()
