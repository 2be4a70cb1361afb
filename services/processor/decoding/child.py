"""A decoder process: takes requests one after another from the process that started it.

`pool.DecodePool` starts it, as libs.common.children.launching says.
"""

import logging
import os
import pickle
import sys
import time
from collections.abc import Callable

from msgspec import structs

from libs.common.children.framing import Channel
from libs.common.children.sandbox import close_files
from libs.common.children.serving import confined, serve
from libs.common.errors import Code
from libs.common.imaging.quiet import quiet_decoders
from services.processor.decoding import inspection
from services.processor.decoding.inspection import READY, Failed, Reply, Request

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.02
"""How long replies are collected: files that cost nearly nothing share a trip, a decoded one goes alone."""


def run(channel: Channel) -> None:
    """Answer until the other end is closed. The first message is what to run, from our own parent."""
    body = channel.receive()
    if body is None:
        return
    inspection_of = pickle.loads(body)  # noqa: S301
    inspect = inspection_of()
    close_files(reads=(), writes=getattr(inspection_of, "writes", ()))
    channel.send(READY)
    serve(channel, lambda body: inspection.encode(_answers(inspect, _received(channel, body))))


def _received(channel: Channel, body: bytes) -> list[Request]:
    """The requests with the descriptors that came with them."""
    files = channel.take_descriptors()
    return [
        structs.replace(request, descriptor=files[request.descriptor]) if request.descriptor >= 0 else request
        for request in inspection.decode_requests(body)
    ]


def _answers(inspect: Callable[[Request], Reply], requests: list[Request]) -> list[Reply]:
    """Replies to the first of the requests, as many as fit the time slice and at least one."""
    replies, until = [], time.monotonic() + SLICE_SECONDS
    for request in requests:
        replies.append(_answer(inspect, request))
        if time.monotonic() >= until:
            break
    for request in requests[len(replies) :]:
        if request.descriptor >= 0:
            os.close(request.descriptor)
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


if __name__ == "__main__":
    quiet_decoders()
    run(confined(sys.argv))
