"""Starting a child process: a module of ours, with one end of a socket pair and a group of its own."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass

# As many decoders run as there are cores: threads within them would only get in each other's way.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "RUST_LOG")
"""All of the environment that a child sees: it holds passwords and keys."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs in a child: `python -m MODULE DESCRIPTOR MEMORY_BYTES PARENT`; 0 bytes mean no limit.

    The module's `__main__` part opens the descriptor with `serving.opened`.
    """

    module: str
    memory_bytes: int = 0


def launched(program: Program) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The process and our end of its socket pair. Blocks for some milliseconds; OSError if it fails.

    A plain subprocess and not multiprocessing's: that would import the main module again in each, a whole
    service for nothing. A group of its own, so that Ctrl-C in a terminal is for us to handle.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        numbers = (theirs.fileno(), program.memory_bytes, os.getpid())
        arguments = ["-P", "-m", program.module, *map(str, numbers)]
        try:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment(),
                process_group=0,
            )
        except BaseException:
            ours.close()
            raise
    return process, ours


def environment() -> dict[str, str]:
    """The environment of a child: it finds the modules that its parent finds, from any folder; no secrets."""
    search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, **_ONE_THREAD, "PYTHONPATH": search_path}
