"""What a process gives up before it handles what strangers made: privileges, network, programs, files."""

import ctypes
import sys
from collections.abc import Iterable
from pathlib import Path

from libs.common.children import landlock, seccomp

_PR_SET_NO_NEW_PRIVS = 38
_OURS = Path(__file__).resolve().parents[3]
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom", "/sys/devices/system/cpu")


def drop_rights() -> bool:
    """Give up new privileges, sockets, other programs and other processes, for good.

    Whether the kernel keeps all of it; elsewhere than on Linux nothing is given up.
    """
    if sys.platform != "linux":
        return False
    privileges = ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return privileges == 0 and seccomp.forbid()


def close_files(reads: Iterable[Path] | None, writes: Iterable[Path] = ()) -> bool:
    """Open from here on only what Python's own modules need, what lies below `reads` (None: anything may be
    read), and below `writes`, which may be written too. Call `drop_rights` before.

    Whether the kernel keeps it.
    """
    return landlock.restrict(None if reads is None else [*programs(), *reads], writes)


def programs() -> list[Path]:
    """Where modules and libraries are loaded from."""
    # Not all of sys.path: the folder that the process was started in is often part of it.
    installed = (entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages", ".zip")))
    roots = {sys.prefix, sys.base_prefix, *installed, *_LIBRARIES, *_DEVICES}
    return [*map(Path, sorted(roots)), _OURS / "libs", _OURS / "services"]
