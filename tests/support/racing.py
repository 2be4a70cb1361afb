"""A writer inside a root who swaps a file, or a folder, for a link that leads out of it, all the time."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = float(os.environ.get("RACE_SECONDS", "1"))
"""How long each race lasts."""
SLOW_SECONDS = 20.0

_AT_CWD = -100
_EXCHANGE = 2


@contextmanager
def swapping(one: Path, other: Path) -> Iterator[None]:
    """A process that exchanges the two names, again and again, while the block lasts; then as they were."""
    program = (
        f"from tests.support.racing import exchange_again_and_again as f; f({str(one)!r}, {str(other)!r})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"swapping\n"
        yield
        assert process.poll() is None, "the swaps ended early"
    finally:
        process.communicate(b"stop\n", timeout=30)


def exchange_again_and_again(one: str, other: str) -> None:
    """The life of the process of `swapping`."""
    os.set_blocking(0, False)
    exchange(one, other)
    exchange(one, other)
    print("swapping", flush=True)
    while True:
        for _ in range(100):
            exchange(one, other)
            exchange(one, other)
        try:
            if os.read(0, 1) == b"s":
                return
        except BlockingIOError:
            continue


def exchange(one: str, other: str) -> None:
    """Each gets the other's name, in one step."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), ctypes.c_uint(_EXCHANGE)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), one)


if __name__ == "__main__":
    exchange_again_and_again(*sys.argv[1:])
