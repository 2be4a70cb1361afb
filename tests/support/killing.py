"""Killing a process in the middle of what it writes, at a random moment, as often as wanted."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

Reported = Callable[[int], None]
Writes = Callable[[Path, int, Reported], None]
"""Writes to a folder, from a number on, telling each number when what belongs to it was written. For ever."""

START_SECONDS = 60.0
_CONTEXT = multiprocessing.get_context("forkserver")


def killed_while_writing(writes: Writes, folder: Path, start: int, random: Random, most_s: float) -> int:
    """Run `writes` in a process of its own and SIGKILL it up to `most_s` seconds after it told the first
    number; the last number that it told, or `start` - 1.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    # What all of them need is imported once, by the process that they are forked from.
    _CONTEXT.set_forkserver_preload([writes.__module__])
    process = _CONTEXT.Process(target=_run, args=(writes, folder, start, theirs), daemon=True)
    process.start()
    theirs.close()
    with ours:
        assert ours.poll(START_SECONDS), "it never wrote anything"
        last: int = ours.recv()
        # What is told meanwhile stays in the pipe, which holds thousands of numbers.
        process.join(random.random() * most_s)
        process.kill()
        process.join()
        return max(last, *_rest(ours), start - 1)


def _run(writes: Writes, folder: Path, start: int, reported: Connection) -> None:
    writes(folder, start, reported.send)


def _rest(reported: Connection) -> list[int]:
    numbers = [-1]
    try:
        while True:
            numbers.append(reported.recv())
    except EOFError:
        return numbers
