"""Files that were fetched: their bytes lie in memory or in a file without a name, and are gone with it."""

import os
import tempfile
from collections.abc import Iterable

from msgspec.structs import replace

from libs.common.errors import Code, FileError
from libs.common.sources.source import Identity, OpenFile

_IN_MEMORY = 32 << 20


def snapshot(identity: Identity, pieces: Iterable[bytes | memoryview], most_bytes: int) -> OpenFile:
    """An open file of these bytes, whose size is theirs. FileError too_large; read_failed without room."""
    check_size(identity.size, most_bytes)
    descriptor = _empty(identity.size)
    try:
        size = _fill(descriptor, pieces, most_bytes)
        # Who is served the file reads its time from the descriptor.
        os.utime(descriptor, ns=(identity.mtime_ns, identity.mtime_ns))
        return OpenFile(descriptor, replace(identity, size=size), fixed=True)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            detail = f"There is no room to fetch the file into: {error.strerror}"
            raise FileError(Code.READ_FAILED, detail) from error
        raise


def check_size(size: int, most_bytes: int) -> None:
    """FileError too_large for more than `most_bytes`."""
    if size > most_bytes:
        detail = f"It has {size:,} bytes; at most {most_bytes:,} are fetched: raise FETCH_MAX_BYTES"
        raise FileError(Code.TOO_LARGE, detail)


def _fill(descriptor: int, pieces: Iterable[bytes | memoryview], most_bytes: int) -> int:
    at = 0
    for piece in pieces:
        check_size(at + len(piece), most_bytes)
        view = memoryview(piece)
        while view:
            written = os.pwrite(descriptor, view, at)
            at, view = at + written, view[written:]
    return at


def _empty(size: int) -> int:
    if 0 < size <= _IN_MEMORY and hasattr(os, "memfd_create"):
        return os.memfd_create("fetched", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile(prefix="sluice-") as file:
        return os.dup(file.fileno())
