"""What folding costs a gateway, by the size of the job: `python -m bench.folding`.

Events of 500 outcomes each, as a job over folders of a thousand files brings them: in the order of its
listing, shuffled as far as a window reaches. It prints the CPU time of the thread that folds, and what SQLite
writes into its log.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from libs.common import ids
from libs.common.events import MAX_ITEMS, Accepted, JobEvent, Outcome, Outcomes
from services.gateway.view.schema import copy_log, open_view
from services.gateway.view.writer import Happened, write

FILES = 1_000_000
FOLDER = 1000
WINDOW = 2048
SHOWN = 100_000
"""A line is printed each time so many files have been folded."""


def main() -> None:
    """Fold a million outcomes into a new view, and print what each hundred thousand cost."""
    with tempfile.TemporaryDirectory() as folder:
        spent = 0.0
        for files, seconds, log in _folded(Path(folder), FILES):
            spent += seconds
            if files and files % SHOWN == 0:
                _show(files, spent, log)
                spent = 0.0


def cost(folder: Path, files: int) -> float:
    """Seconds of a core that folding the outcomes of a job of so many files takes."""
    return sum(seconds for _, seconds, _ in _folded(folder, files))


def _folded(folder: Path, files: int) -> Iterator[tuple[int, float, int]]:
    """After each event: files so far, seconds of a core for it, bytes of the view's log."""
    view = open_view(folder / "view.sqlite", "bench")
    for number, event in enumerate(_events(str(uuid4()), files)):
        start = time.thread_time()
        write(view, [Happened(event, number, 1.0)], "job-status", {0: number + 1})
        spent, log = time.thread_time() - start, (folder / "view.sqlite-wal").stat().st_size
        if number and number % (SHOWN // MAX_ITEMS) == 0:
            copy_log(view)
        yield number * MAX_ITEMS, spent, log
    view.close()


def _events(job: str, files: int) -> Iterator[JobEvent]:
    yield Accepted(job_id=job, collection="photos", partition=0, offset=0)
    chance, names = random.Random(1), [_name(number) for number in range(files)]  # noqa: S311 - no secret
    for start in range(0, files, WINDOW):
        window = names[start : start + WINDOW]
        chance.shuffle(window)
        names[start : start + WINDOW] = window
    for start in range(0, files, MAX_ITEMS):
        yield Outcomes(job_id=job, items=tuple(map(_outcome, names[start : start + MAX_ITEMS])))


def _name(number: int) -> str:
    return f"/photos/{number // FOLDER:04}/{number % FOLDER:03}.jpg"


def _outcome(name: str) -> Outcome:
    file = ids.file_id("photos", name.encode())
    return Outcome(file_id=file, file=name, outcome="stored", source="batch_ml", caption="a picture")


def _show(files: int, seconds: float, log: int) -> None:
    events = SHOWN / MAX_ITEMS
    sys.stdout.write(
        f"{files:>9,} files: {1000 * seconds / events:5.2f} ms an event of {MAX_ITEMS}, "
        f"{log / SHOWN:5.0f} bytes of log a file\n"
    )


if __name__ == "__main__":
    main()
