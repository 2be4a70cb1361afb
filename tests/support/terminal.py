"""A terminal of 80 columns: what a person sees who runs a command there."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS, ROWS = 80, 40
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Screen:
    """What is left on the screen when the command has ended, and its exit status."""

    rows: list[str]
    status: int

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


def run(argv: Sequence[str], folder: Path, environment: Mapping[str, str], limit_s: float) -> Screen:
    """Run a command in a pseudo terminal; TimeoutError if it runs longer than `limit_s`."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(argv[0], [*argv], {**environment, "TERM": "xterm"})
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        shown = _read(terminal, time.monotonic() + limit_s)
    except TimeoutError:
        os.kill(process, 9)
        raise
    finally:
        os.close(terminal)
        _, status = os.waitpid(process, 0)
    rows = shown.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return Screen([_last(row) for row in rows], os.waitstatus_to_exitcode(status))


def _read(terminal: int, until: float) -> str:
    out = b""
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # its last process has closed it
            return out.decode(errors="replace")
        if not part:
            return out.decode(errors="replace")
        out += part
    raise TimeoutError("the command still runs")


def _last(row: str) -> str:
    """What was written last where a row was written over."""
    return next((part for part in reversed(_ESCAPES.sub("", row).split("\r")) if part.strip()), "").rstrip()
