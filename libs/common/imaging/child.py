"""A decoder process: pictures come on standard input, JPEGs or errors go out on standard output.

Started by the gateway's `decoder.Decoder` as `python -m libs.common.imaging.child BYTES`, with the bytes
that it may allocate; never by hand.
"""

import os
import signal
import sys
import warnings
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from libs.common.errors import Code, FileError
from libs.common.imaging.confined import bound_memory, die_with_parent
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import displayable, normalise

LENGTH_BYTES = 8
LARGEST = 1 << 30
"""Bytes of a file that is read whole to be converted."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A picture, as its bytes or as the path of its file, and what to make of it."""

    what: Literal["normalised", "displayable"]
    limits: Limits
    data: bytes = b""
    path: bytes = b""


class Made(Struct, frozen=True, tag=True):
    """The JPEG."""

    jpeg: bytes


class Refused(Struct, frozen=True, tag=True):
    """Why there is none."""

    code: Code
    detail: str


Reply = Made | Refused


def framed(body: bytes) -> bytes:
    """The body as it goes through a pipe, after its length."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until the other end is closed."""
    while length := requests.read(LENGTH_BYTES):
        wanted = msgspec.msgpack.decode(requests.read(int.from_bytes(length, "big")), type=Wanted)
        replies.write(framed(msgspec.msgpack.encode(_answer(wanted))))
        replies.flush()


def _answer(wanted: Wanted) -> Reply:
    try:
        return Made(_jpeg(wanted))
    except FileError as error:
        return Refused(error.code, error.detail)
    except OSError as error:
        return Refused(Code.READ_FAILED, f"the file cannot be read: {error.strerror}")
    except MemoryError:
        return Refused(Code.DECODE_FAILED, "not enough memory to decode the picture")
    except Exception as error:  # noqa: BLE001 - decoders raise nearly anything on damaged input
        return Refused(Code.DECODE_FAILED, f"the picture cannot be decoded: {type(error).__name__}")


def _jpeg(wanted: Wanted) -> bytes:
    data = Path(os.fsdecode(wanted.path)).read_bytes() if wanted.path else wanted.data
    if wanted.what == "normalised":
        return normalise(data, wanted.limits).jpeg
    return displayable(data, wanted.limits)


def _alone_with(output: int) -> BinaryIO:
    """What `output` leads to, for us alone: decoders' C libraries print every damage that they meet."""
    ours = os.fdopen(os.dup(output), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    return ours


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    bound_memory(int(sys.argv[1]))
    warnings.filterwarnings("ignore", module="PIL")
    serve(sys.stdin.buffer, _alone_with(1))
