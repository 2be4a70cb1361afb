"""What tests have the decoder processes run instead of a decoder; the file's name says what happens."""

import ctypes
import os
import signal
import time
from collections.abc import Callable

from libs.common.errors import Code
from libs.common.messages import Content
from services.processor.decoding.inspection import Changing, Failed, Inspected, Reply, Request


def misbehaving() -> Callable[[Request], Reply]:
    """Picklable by name."""
    return _misbehave


def never_starting() -> Callable[[Request], Reply]:
    """A process that does not come up."""
    os._exit(3)


def _misbehave(request: Request) -> Reply:  # noqa: C901 - one case a misbehaviour
    match request.path:
        case b"exit":
            os._exit(1)
        case b"segfault":
            ctypes.string_at(0)
        case b"killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"large":
            bytearray(1 << 29)
        case b"hang":
            while True:
                time.sleep(60)
        case b"raise":
            raise RuntimeError("a mistake of ours")
        case b"fail":
            return Failed(code=Code.EMPTY_FILE, error="The file is empty")
        case b"changing":
            return Changing(size=1, mtime_ns=2)
        case b"slow":
            time.sleep(0.3)
    return _by(os.getpid())


def _by(process: int) -> Inspected:
    """A reply whose width is the process that gave it."""
    content = Content(
        sha256="0" * 64, width=process, height=1, format="JPEG", mode="RGB", exif={}, thumbnail=b""
    )
    return Inspected(size=1, mtime_ns=1, ctime_ns=1, content=content, jpeg=b"jpeg")
