"""What happens just as a file is read: its decoder dies or hangs, or it is not what was listed.

Imported by decoder processes: nothing heavy may be.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code
from libs.common.sources.source import Source
from libs.common.sources.sources import Sources
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Reply, Request
from tests.support.hell.case import STORED
from tests.support.unprivileged import give_up_override


@dataclass(frozen=True)
class Sabotaged:
    """An Inspector that obeys the names of files."""

    inspector: Inspector

    @property
    def writes(self) -> tuple[Path, ...]:
        """As the inspector's: the photos lie next to its cache."""
        return self.inspector.writes

    def __call__(self) -> Callable[[Request], Reply]:
        """What a decoder process runs."""
        inspect = self.inspector()

        def follow(request: Request) -> Reply:
            if request.refused is None:
                _follow(request.path, IN_THE_DECODER)
            return inspect(request)

        return follow


class SabotagedSources(Sources):
    """Sources that obey the names of files, and to which permissions apply though they may be root's."""

    def of(self, path: bytes) -> Source:
        """As Sources has it; called in a thread of its own, which alone gives up its rights."""
        give_up_override()
        _follow(path, AS_IT_IS_OPENED)
        return super().of(path)


def _follow(name: bytes, orders: "Orders") -> None:
    path = Path(os.fsdecode(name))
    act = next((act for order, (act, _) in orders.items() if path.name.startswith(order)), None)
    if act is not None:
        act(path)


def _hang(_: Path) -> None:
    while True:
        time.sleep(60)


def _allocate(_: Path) -> None:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _rewrite(path: Path) -> None:
    """Only once: then it stands still."""
    if not path.read_bytes().endswith(b"rewritten"):
        path.write_bytes(path.read_bytes() + b"rewritten")


def _become_fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _vanish(path: Path) -> None:
    path.unlink(missing_ok=True)


Orders = dict[str, tuple[Callable[[Path], object], str]]
"""What a file's name begins with, what that does, and what becomes of the file."""

IN_THE_DECODER: Orders = {
    "segfaults": (lambda _: ctypes.string_at(0), Code.DECODER_CRASHED),
    "aborts": (lambda _: os.abort(), Code.DECODER_CRASHED),
    "exits": (lambda _: os._exit(1), Code.DECODER_CRASHED),
    "is-killed": (lambda _: os.kill(os.getpid(), signal.SIGKILL), Code.DECODER_CRASHED),
    "hangs": (_hang, Code.DECODE_TIMEOUT),
    "allocates": (_allocate, Code.DECODE_FAILED),
}
AS_IT_IS_OPENED: Orders = {
    "vanishes": (_vanish, Code.FILE_VANISHED),
    "grows": (_grow, Code.FILE_CHANGING),
    "is-rewritten": (_rewrite, STORED),
    "becomes-a-fifo": (_become_fifo, Code.NOT_A_REGULAR_FILE),
}
ORDERS = IN_THE_DECODER | AS_IT_IS_OPENED
