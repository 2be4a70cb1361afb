"""Linux's openat2(2), which Python does not have: a path is resolved below a folder and through no link."""

import ctypes
import errno
import os
import sys
from functools import cache

_NUMBER = 437
"""Of the system call, on every architecture."""
_RESOLVE_NO_SYMLINKS, _RESOLVE_BENEATH = 0x04, 0x08
_TRIES = 10
"""How often a look-up is tried that a rename came between."""


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def openat2(folder: int, path: bytes, flags: int) -> int:
    """A descriptor of `path`, relative to the open folder.

    Raises OSError: ELOOP if any part of the path is a symbolic link, EXDEV if it leads out of the folder.
    """
    how = _How(flags, 0, _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH)
    for _ in range(_TRIES):
        descriptor: int = _syscall()(_NUMBER, folder, path, ctypes.byref(how), ctypes.sizeof(how))
        if descriptor >= 0:
            return descriptor
        number = ctypes.get_errno()
        if number not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(number, os.strerror(number), os.fsdecode(path))


@cache
def is_there() -> bool:
    """Whether the kernel has it, and the sandbox that this process may run in allows it."""
    if sys.platform != "linux":
        return False
    root = os.open("/", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.close(openat2(root, b".", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


@cache
def _syscall() -> "ctypes._NamedFuncPointer":
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    function.argtypes = (
        *(ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_How), ctypes.c_size_t),
    )
    return function
