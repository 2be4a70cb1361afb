"""How much memory this process may still have."""

from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")
"""What a container sees of its own group (cgroup v2)."""


def available_bytes(memory: Path = _MEMORY, group: Path = _GROUP) -> int:
    """Bytes that can be had without swapping, those of the page cache included; 0 where that is not known.

    In a container that has a limit, at most what is left of it.
    """
    left = _kept_free(memory)
    limit, used = _number(group / "memory.max"), _number(group / "memory.current")
    if limit is None or used is None:
        return left
    return max(0, min(left, limit - used + _cached(group)))


def _kept_free(memory: Path) -> int:
    """MemAvailable of proc_meminfo(5), which is in KiB."""
    return 1024 * _field(memory, "MemAvailable:")


def _cached(group: Path) -> int:
    """The group's page cache, which counts as used, and is given up when something else needs it."""
    return _field(group / "memory.stat", "file")


def _field(file: Path, name: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[:1] == [name]), 0)


def _number(file: Path) -> int | None:
    """What the file says; None where there is no such file, or no limit."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
