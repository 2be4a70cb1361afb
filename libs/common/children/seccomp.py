"""A seccomp filter (Linux): no thread of this process opens a socket, runs a program or looks into others.

Each such call fails with EPERM, from here on. By the system call itself: the package there is for it comes
under the LGPL and needs a C library that images do not have. The filter is the classic BPF of linux/filter.h.
"""

import ctypes
import platform
import sys
from collections.abc import Mapping, Sequence

_SET_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050001
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE = 0, 4
_X32 = 0x40000000
"""Numbers from here on are the same calls under another name, on x86-64."""

_MACHINES: Mapping[str, tuple[int, int]] = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""The audit number of each machine, and its place in the table of numbers."""
_SECCOMP = (317, 277)
_FORBIDDEN: Mapping[str, tuple[int, int]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}

Step = tuple[int, int, int, int]
"""An instruction: what it does, how many to pass over if so, and if not, and its number."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("number", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def forbid() -> bool:
    """Forbid it all for good, in a process that gave up new privileges before. Whether it could be done."""
    known = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    machine, place = known
    steps = _filter(machine, [numbers[place] for numbers in _FORBIDDEN.values()])
    program = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))
    call, number = ctypes.CDLL(None).syscall, ctypes.c_long(_SECCOMP[place])
    return int(call(number, _SET_FILTER, _ALL_THREADS, ctypes.byref(program))) == 0


def _filter(machine: int, numbers: Sequence[int]) -> list[Step]:
    """Calls of another machine end the process; the forbidden ones jump to the refusal at the end."""
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, len(numbers) + 1, 0, _X32),
    ]
    steps += [(_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    return [*steps, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
