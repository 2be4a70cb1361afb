"""What a folder lies on: tells a share that is connected from the folder that it is mounted on."""

import os
from pathlib import Path

from libs.common.sources.uris import is_remote

_MOUNTS = Path("/proc/self/mountinfo")


def place_of(root: bytes) -> str | None:
    """The file system or bucket of the folder, the same after a restart; None if there is no such folder."""
    if is_remote(root):
        return b"/".join(root.split(b"/")[:3]).decode(errors="backslashreplace")
    try:
        device = os.stat(root).st_dev  # noqa: PTH116 (bytes paths)
    except OSError:
        return None
    return _mounts().get(f"{os.major(device)}:{os.minor(device)}") or f"device {device}"


def has_entries(root: bytes) -> bool:
    """Whether there is anything in the folder; not in one that is missing or cannot be read, nor in a bucket,
    which is not looked into.
    """
    if is_remote(root):
        return False
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except NotADirectoryError:
        return True
    except OSError:
        return False


def _mounts() -> dict[str, str]:
    """By device, `type source` as /proc/self/mountinfo has them (proc_pid_mountinfo(5))."""
    try:
        lines = _MOUNTS.read_text(errors="backslashreplace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        found[before.split()[2]] = " ".join(after.split()[:2])
    return found
