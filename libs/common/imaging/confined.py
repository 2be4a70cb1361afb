"""What confines a decoder process, whichever stage started it."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

# As many decoders run as there are cores: threads within them would only get in each other's way.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_PR_SET_PDEATHSIG = 1


def environment() -> dict[str, str]:
    """The environment to start one with: it finds the modules that its owner finds, from any folder."""
    search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109
    return {**os.environ, **_ONE_THREAD, "PYTHONPATH": search_path}


def die_with_parent() -> None:
    """Also in the middle of a picture. Elsewhere than on Linux a decoder ends when it has finished the one
    at hand and finds no reader.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def bound_memory(memory_bytes: int) -> None:
    """A picture that needs more than this fails by itself. Should the machine, or the container, run short
    before that, it is a decoder that is ended and not its owner.

    Linux alone counts what is allocated; elsewhere the limit on pixels has to do.
    """
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        with suppress(OSError):  # some sandboxes have no such file
            Path("/proc/self/oom_score_adj").write_text("1000")
