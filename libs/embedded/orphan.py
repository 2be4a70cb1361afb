"""Finds and ends a JVM left behind, with the data locked, when its process and its guard were both killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from libs.common.errors import Code, SluiceError
from libs.embedded.jvm import MARKER
from libs.embedded.process import PID

_SECONDS = 15.0


def end(directory: Path) -> int | None:
    """End a broker that an earlier process left behind in `directory`; its pid, if there was one.

    Only the owner of the directory's lock may call it. Blocks until the broker is gone. Raises SluiceError
    data_dir_busy if it cannot be ended.
    """
    pid = _find(directory)
    if pid is None:
        return None
    for number in (signal.SIGTERM, signal.SIGKILL):
        _send(directory, pid, number)
        if _gone(directory, pid):
            return pid
    raise SluiceError(Code.DATA_DIR_BUSY, f"the broker of {directory} (pid {pid}) cannot be ended")


def _find(directory: Path) -> int | None:
    try:
        pid = int((directory / PID).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_broker(directory, pid) else None


def _is_broker(directory: Path, pid: int) -> bool:
    # A pid alone proves nothing: after a reboot it may be anybody's.
    return f"{MARKER}{directory} " in f"{_command_line(pid)} "


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, timeout=10, check=False).stdout


def _send(directory: Path, pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise SluiceError(
            Code.DATA_DIR_BUSY, f"{directory} is used by a broker of another user (pid {pid})"
        ) from None


def _gone(directory: Path, pid: int) -> bool:
    deadline = time.monotonic() + _SECONDS
    while _is_broker(directory, pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
