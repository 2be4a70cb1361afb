"""Reading a file whole, once, without being fooled by what it turns out to be."""

import hashlib
import os
from dataclasses import dataclass

from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import HEAD_BYTES, accepted
from libs.common.imaging.video.sniff import Video, sniff_video
from libs.common.sources.files.failures import file_errors
from libs.common.sources.source import Identity, OpenFile
from sluice.files.formats import SUPPORTED_SUFFIXES, suffix_of

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's bytes, and its identity just before and just after they were read."""

    data: bytes
    before: Identity
    after: Identity

    @property
    def held_still(self) -> bool:
        """Whether no one wrote to it meanwhile."""
        moved = self.before.mtime_ns != self.after.mtime_ns or self.before.size != self.after.size
        return not moved and len(self.data) == self.after.size


def read_picture(file: OpenFile, path: bytes, max_bytes: int, *, gif: bool = False) -> ReadFile:
    """Read the whole file, if it begins like a picture; `path` gives its name.

    `gif` says whether a GIF is one. Raises FileError: empty_file, unsupported_type, decode_failed, too_large,
    read_failed.
    """
    with file_errors():
        head = os.pread(file.descriptor, HEAD_BYTES, 0)
        _check_head(path, head, gif)
        before = file.identity
        _check_size(before.size, max_bytes)
        data = _whole(file.descriptor, before.size)
        return ReadFile(data, before, file.now())


def hashed_video(file: OpenFile) -> tuple[str, Identity]:
    """The SHA-256 of a file that is too large to be held, read as a stream, and its identity after that."""
    digest, at = hashlib.sha256(), 0
    with file_errors():
        while piece := os.pread(file.descriptor, _PIECE_BYTES, at):
            digest.update(piece)
            at += len(piece)
        return digest.hexdigest(), file.now()


def video_in(file: OpenFile) -> Video | None:
    """What video it is, if one."""
    with file_errors():
        return sniff_video(os.pread(file.descriptor, HEAD_BYTES, 0))


def _check_head(path: bytes, head: bytes, gif: bool) -> None:
    """Refuse what is not worth reading to its end."""
    if not head:
        raise FileError(Code.EMPTY_FILE, "The file is empty")
    if accepted(head, gif=gif) is None:
        suffix = suffix_of(path)
        if suffix in SUPPORTED_SUFFIXES:
            raise FileError(Code.DECODE_FAILED, f"Named {suffix}, but its content is no supported picture")
        raise FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file")


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FileError(Code.TOO_LARGE, f"The file has {size:,} bytes; at most {max_bytes:,} are read")


def _whole(descriptor: int, size: int) -> bytes:
    """The first `size` bytes, fewer if it has shrunk: in one piece where the system gives them so.

    Putting a large RAW together out of pieces takes as long as hashing it.
    """
    pieces, read = [os.pread(descriptor, size, 0)], 0
    while (read := read + len(pieces[-1])) < size and pieces[-1]:
        pieces.append(os.pread(descriptor, size - read, read))
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
