"""Landlock (Linux 5.13 and later): from here on this thread, and those it starts, open only what is named.

By the system calls themselves: the packages there are for it are alpha, or know none of its later versions.
Numbers and structures are those of linux/landlock.h.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_READ = 1 << 2 | 1 << 3
"""Of files, and lists of folders."""
_FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14
_WRITE = sum(1 << bit for bit in (1, *range(4, 13)))
_EXECUTE = 1 << 0
_SINCE = {2: 1 << 13, 3: 1 << 14}
"""Rights that came with a version: to move files between folders, and to cut them."""
_NETWORK = 0b11
"""To bind and to connect TCP sockets, since version 4."""
_NETWORK_SINCE = 4
_OTHERS = 0b11
"""To connect abstract Unix sockets of other processes, and to send them signals, since version 6."""
_OTHERS_SINCE = 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # the one that packed structures have, said for Python 3.14
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """That of the kernel's Landlock; 0 where there is none."""
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION)) if sys.platform == "linux" else 0


def restrict(reads: Iterable[Path] | None, writes: Iterable[Path]) -> bool:
    """Forbid to open anything but what lies below `reads` (None: anything may be read) and `writes`.

    Nothing may be run, no TCP socket connected, no other process signalled. What is open stays so. Paths that
    are not there are left out. Whether it could be done; a kernel that does not know Landlock goes without.
    """
    known = version()
    if not known:
        return False
    changes = _WRITE | sum(right for since, right in _SINCE.items() if known >= since)
    handled = changes | _EXECUTE | (0 if reads is None else _READ)
    attributes = _Ruleset(handled, _NETWORK, _OTHERS)
    fields = 1 + (known >= _NETWORK_SINCE) + (known >= _OTHERS_SINCE)
    size = fields * ctypes.sizeof(ctypes.c_uint64)
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        return False
    try:
        for access, paths in ((_READ, reads or ()), (changes | _READ, writes)):
            for path in paths:
                _allow(ruleset, path, access & handled)
        return _call(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    with suppress(OSError):
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = access if path.is_dir() else access & _FILE_ONLY
            rule = _PathBeneath(allowed, parent)
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(parent)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None).syscall(ctypes.c_long(number), *arguments))
