"""A decoder process: pictures in, JPEGs or errors out.

The gateway's `decoding.Decoding` starts it, as libs.common.children.launching says; never by hand.
"""

import os
import sys
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from libs.common.children.sandbox import close_files
from libs.common.children.serving import confined, serve
from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import displayable, displayable_video, normalise
from libs.common.imaging.quiet import quiet_decoders
from libs.common.imaging.video.sniff import sniff_video

LARGEST = 1 << 30
"""Bytes of a file that is read whole to be converted."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A picture, as its bytes or as the open file that comes with them, and what to make of it."""

    what: Literal["normalised", "displayable"]
    limits: Limits
    data: bytes = b""


class Made(Struct, frozen=True, tag=True):
    """The JPEG."""

    jpeg: bytes


class Refused(Struct, frozen=True, tag=True):
    """Why there is none."""

    code: Code
    detail: str


Reply = Made | Refused


def answer(body: bytes, files: Sequence[int] = ()) -> bytes:
    """The Reply to a Wanted; the files are closed."""
    return msgspec.msgpack.encode(_reply(msgspec.msgpack.decode(body, type=Wanted), files))


def _reply(wanted: Wanted, files: Sequence[int]) -> Reply:
    try:
        return Made(_jpeg(wanted, files))
    except FileError as error:
        return Refused(error.code, error.detail)
    except OSError as error:
        return Refused(Code.READ_FAILED, f"the file cannot be read: {error.strerror}")
    except MemoryError:
        return Refused(Code.DECODE_FAILED, "not enough memory to decode the picture")
    except Exception as error:  # noqa: BLE001 - decoders raise nearly anything on damaged input
        return Refused(Code.DECODE_FAILED, f"the picture cannot be decoded: {type(error).__name__}")


def _jpeg(wanted: Wanted, files: Sequence[int]) -> bytes:
    data = wanted.data
    for descriptor in files:
        with os.fdopen(descriptor, "rb") as file:
            if file.seekable():
                file.seek(0)
                # Far too large to be read whole, most of them.
                if wanted.what == "displayable" and (
                    video := sniff_video(file.peek(HEAD_BYTES)[:HEAD_BYTES])
                ):
                    return displayable_video(file, video, wanted.limits)
            data = file.read()
    if wanted.what == "normalised":
        return normalise(data, wanted.limits).jpeg
    return displayable(data, wanted.limits)


if __name__ == "__main__":
    quiet_decoders()
    channel = confined(sys.argv)
    close_files(reads=())
    serve(channel, lambda body: answer(body, channel.take_descriptors()))
