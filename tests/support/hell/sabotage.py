"""Decoders that die, hang or eat all memory on a file whose name says so: a RAW that crashes LibRaw, say."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from libs.common.errors import Code
from services.processor.inspect import Inspector
from services.processor.inspection import Reply, Request
from tests.support.hell.case import Case, named, of, only
from tests.support.hell.formats import whole
from tests.support.unprivileged import give_up_override


@dataclass(frozen=True)
class Sabotaged:
    """An Inspector that obeys the names of files, and to which permissions apply though it may be root."""

    inspector: Inspector

    def __call__(self) -> Callable[[Request], Reply]:
        """What a decoder process runs."""
        give_up_override()
        inspect = self.inspector()

        def obey(request: Request) -> Reply:
            for order, act in _ORDERS.items():
                if os.path.basename(request.path).startswith(order.encode()):  # noqa: PTH119 (bytes)
                    act()
            return inspect(request)

        return obey


def sabotage() -> Iterator[Case]:
    """RAW files that end their decoder in every way."""
    content = whole()["DNG"][1]
    for order in _ORDERS:
        may = only(_CODES.get(order, Code.DECODER_CRASHED))
        yield Case("its decoder " + order, named(order, 0, ".dng"), of(content), may)


def _hang() -> None:
    while True:
        time.sleep(60)


def _allocate() -> None:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


_CODES = {"hangs": Code.DECODE_TIMEOUT, "allocates": Code.DECODE_FAILED}
_ORDERS: dict[str, Callable[[], object]] = {
    "segfaults": lambda: ctypes.string_at(0),
    "aborts": os.abort,
    "exits": lambda: os._exit(1),
    "is-killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": _hang,
    "allocates": _allocate,
}
