"""Runs a program and ends it when this process's parent is gone, however the parent went.

A program of its own, started with plain `python -I -S`: it imports little and uses a few MB.
Usage: guard.py PID_FILE GRACE_SECONDS COMMAND...

The parent holds the other end of standard input; when that closes (the parent stopped or died) or this
process is told to end, the command gets SIGTERM and, GRACE_SECONDS later, SIGKILL. The exit status is the
command's. On Linux the command dies with the guard even if the guard is killed.
"""

import ctypes
import os
import select
import signal
import sys
import time
from types import FrameType

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.2


class _Reported:
    """Whether a signal asked the guard to end."""

    def __init__(self) -> None:
        self.to_end = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.to_end = True


def _spawn(command: list[str]) -> int:
    """Start the command and return its pid. There are no threads here, so fork is safe."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:  # it died before the line above
        os._exit(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(command[0], command)  # noqa: S606 (that no shell is involved is the point)
    return 0


def _status(pid: int) -> int | None:
    """The exit status of the command, None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _watch(pid: int, parent: int) -> int | None:
    """Wait until the command ends (its status) or has to (None)."""
    reported = _Reported()
    while (status := _status(pid)) is None:
        # The parent's forked children may hold the pipe open, so its pid is looked at too.
        closed = bool(select.select([0], [], [], _LOOK_SECONDS)[0]) and not os.read(0, 1)
        if closed or reported.to_end or os.getppid() != parent:
            return None
    return status


def _end(pid: int, grace: float) -> int:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while (status := _status(pid)) is None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        time.sleep(0.02)
    return status


def main(parent: str, pid_file: str, grace: str, *command: str) -> int:
    """Run the command to its end, or to the parent's."""
    pid = _spawn(list(command))
    with open(pid_file, "w", encoding="ascii") as file:  # noqa: PTH123 (pathlib is slow to import)
        file.write(f"{pid}\n")
    status = _watch(pid, int(parent))
    if status is None:
        status = _end(pid, float(grace))
    os.unlink(pid_file)  # noqa: PTH108
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
