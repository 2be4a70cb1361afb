"""The child's side: confine the process, then answer until its parent is gone."""

import ctypes
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from libs.common.children.framing import Channel
from libs.common.children.sandbox import drop_rights

_PR_SET_PDEATHSIG = 1
_IDLE_SECONDS = 1.0


def opened(arguments: Sequence[str]) -> Channel:
    """The channel that `launching.launched` names in the arguments of this process.

    The parent decides when to end: a Ctrl-C in the terminal, or a stop of the container, reaches this
    process too, while the parent still has work to finish.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return Channel(socket.socket(fileno=int(arguments[1])))


def confined(arguments: Sequence[str]) -> Channel:
    """As `opened`, for a process that handles what strangers made: it has its memory bounded, ends with its
    parent in the middle of anything, only its own log goes to standard error, and it has no network.
    """
    channel = opened(arguments)
    _die_with_parent(int(arguments[3]))
    _mute_libraries()
    _bound_memory(int(arguments[2]))
    drop_rights()
    return channel


def serve(channel: Channel, answer: Callable[[bytes], bytes], idle: Callable[[], None] | None = None) -> None:
    """Answer until the parent hangs up or dies; `idle` is called in each pause of a second."""
    with suppress(ConnectionError):  # the parent died; no one waits for the answer
        while (body := _next(channel, idle)) is not None:
            channel.send(answer(body))


def _next(channel: Channel, idle: Callable[[], None] | None) -> bytes | None:
    parent = os.getppid()
    while not channel.waits(_IDLE_SECONDS):
        if idle is not None:
            idle()
        if os.getppid() != parent:
            # The parent is dead, and some process that it forked keeps its end of the socket open.
            return None
    return channel.receive()


def _die_with_parent(parent: int) -> None:
    """Elsewhere than on Linux a process ends when it has finished the request at hand."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It died before that.
        sys.exit(1)


def _bound_memory(memory_bytes: int) -> None:
    """A request that needs more than this fails by itself. Should the machine, or the container, run short
    before that, it is this process that is ended and not its parent.

    Linux alone counts what is allocated; elsewhere the limit on pixels has to do.
    """
    if sys.platform == "linux" and memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        with suppress(OSError):  # some sandboxes have no such file
            Path("/proc/self/oom_score_adj").write_text("1000")


def _mute_libraries() -> None:
    """Log to standard error, and silence it for C libraries, which print every damage that they meet."""
    ours = os.fdopen(os.dup(2), "w", buffering=1)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    sys.stderr = ours
    logging.basicConfig(stream=ours, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
