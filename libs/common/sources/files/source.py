"""The file system as a source."""

import os
import stat
from collections.abc import Iterator

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry
from libs.common.sources.files.failures import file_errors
from libs.common.sources.files.opening import Opener
from libs.common.sources.files.walk import walk
from libs.common.sources.roots import Also, Readable
from libs.common.sources.snapshots import snapshot
from libs.common.sources.source import Identity, Listing, OpenFile, Part, identity_of

# Opening must not wait for the writer of a FIFO.
_READ = os.O_RDONLY | os.O_NONBLOCK
_PIECE_BYTES = 4 << 20


class FileSource:
    """Files and folders of this machine, below `roots`."""

    def __init__(self, roots: Readable) -> None:
        self._roots = roots
        self._opener = Opener(roots)

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:
        """See Source. `root` has no symbolic links in it, and may be read because it was asked for."""
        return walk(root, requested, Opener(Also(root, self._roots)))

    def open(self, path: bytes, *, links: bool = True, part: Part | None = None) -> OpenFile:
        """See Source."""
        if part is None:
            return self._whole(path, links)
        with self._whole(path, links) as file, file_errors():
            return snapshot(part.of(file.identity), _pieces(file, part), part.size)

    def _whole(self, path: bytes, links: bool) -> OpenFile:
        with file_errors():
            descriptor = self._opener.open(path, _READ, links=links)
            try:
                return OpenFile(descriptor, _identity_of_regular(os.fstat(descriptor)))
            except BaseException:
                os.close(descriptor)
                raise

    def stat(self, path: bytes, *, links: bool = True) -> Identity:
        """See Source."""
        with self.open(path, links=links) as file:
            return file.identity


def _pieces(file: OpenFile, part: Part) -> Iterator[bytes]:
    at, end = part.offset, part.offset + part.size
    while at < end and (piece := os.pread(file.descriptor, min(_PIECE_BYTES, end - at), at)):
        yield piece
        at += len(piece)


def _identity_of_regular(found: os.stat_result) -> Identity:
    if not stat.S_ISREG(found.st_mode):
        raise FileError(Code.NOT_A_REGULAR_FILE, "Not a regular file")
    return identity_of(found)
