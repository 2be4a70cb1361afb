"""A decoder process: takes requests one after another from the process that started it.

`decoder.Decoder` starts it: `python -m services.processor.decoding.child DESCRIPTOR MEMORY_BYTES`.
"""

import logging
import os
import pickle
import signal
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from libs.common.errors import Code
from libs.common.imaging.confined import bound_memory, die_with_parent
from services.processor.decoding import inspection
from services.processor.decoding.inspection import Failed, Reply, Request

log = logging.getLogger(__name__)

READY = b"ready"
SLICE_SECONDS = 0.02
"""How long replies are collected: files that cost nearly nothing share a trip, a decoded one goes alone."""


def serve(descriptor: int) -> None:
    """Answer until the other end is closed. The first message is what to run, from our own parent."""
    _live_and_die_with_parent()
    # Pillow warns of damage that it reads past; the file's outcome says what there is to say.
    warnings.filterwarnings("ignore", module="PIL")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    with Connection(descriptor) as connection:
        inspect = pickle.loads(connection.recv_bytes())()  # noqa: S301
        connection.send_bytes(READY)
        while True:
            try:
                requests = inspection.decode_requests(connection.recv_bytes())
            except EOFError:
                return
            connection.send_bytes(inspection.encode(_answers(inspect, requests)))


def _answers(inspect: Callable[[Request], Reply], requests: list[Request]) -> list[Reply]:
    """Replies to the first of the requests, as many as fit the time slice and at least one."""
    replies, until = [], time.monotonic() + SLICE_SECONDS
    for request in requests:
        replies.append(_answer(inspect, request))
        if time.monotonic() >= until:
            break
    return replies


def _answer(inspect: Callable[[Request], Reply], request: Request) -> Reply:
    """A mistake of ours, too, costs one file only; the log has where it happened."""
    try:
        return inspect(request)
    except MemoryError:
        return Failed(code=Code.DECODE_FAILED, error="Not enough memory to read and decode the file")
    except Exception:
        log.exception("a file could not be inspected: %r", request.path)
        return Failed(
            code=Code.DECODE_FAILED, error="The decoder made a mistake on this file; its log says which"
        )


def _live_and_die_with_parent() -> None:
    """A drain needs the decoders, so signals are left to the parent; its death ends even a stuck decoder."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    die_with_parent()


def _speak_for_ourselves() -> None:
    """Log to standard error, and silence it for the decoders' C libraries, which print every damage."""
    ours = os.fdopen(os.dup(2), "w", buffering=1)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    sys.stderr = ours
    logging.basicConfig(stream=ours, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")


if __name__ == "__main__":
    _speak_for_ourselves()
    bound_memory(int(sys.argv[2]))
    serve(int(sys.argv[1]))
