"""Permissions that apply to root too: tests often run as root, whom no permission bit binds."""

import ctypes

_PR_CAPBSET_DROP = 24
_SYS = ctypes.CDLL(None, use_errno=True)
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_VERSION_3 = 0x20080522


class _Head(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def give_up_override() -> None:
    """Let permission bits bind this process and those that it starts, no matter who it runs as. For good."""
    head, sets = _Head(_VERSION_3, 0), (_Sets * 2)()
    if _SYS.capget(ctypes.byref(head), sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        _SYS.prctl(_PR_CAPBSET_DROP, capability)  # refused to who is not root, and needs not to be
        for name in ("effective", "permitted", "inheritable"):
            setattr(sets[0], name, getattr(sets[0], name) & ~(1 << capability))
    if _SYS.capset(ctypes.byref(head), sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
