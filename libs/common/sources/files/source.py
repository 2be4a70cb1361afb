"""The file system as a source."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry
from libs.common.sources.files.failures import file_errors
from libs.common.sources.files.opening import Opener
from libs.common.sources.files.walk import walk
from libs.common.sources.roots import Readable, Roots
from libs.common.sources.source import Identity, Listing, OpenFile, identity_of

# Opening must not wait for the writer of a FIFO.
_READ = os.O_RDONLY | os.O_NONBLOCK


class FileSource:
    """Files and folders of this machine, below `roots`."""

    def __init__(self, roots: Readable) -> None:
        self._roots = roots
        self._opener = Opener(roots)

    def list(self, root: bytes, asked: Listing) -> Iterator[Entry]:
        """See Source. `root` has no symbolic links in it, and may be read because it was asked for."""
        return walk(root, asked, Opener(_Also(root, self._roots)))

    def open(self, path: bytes, *, links: bool = True) -> OpenFile:
        """See Source."""
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


@dataclass(frozen=True, slots=True)
class _Also:
    """A root in addition to others."""

    root: bytes
    others: Readable

    def holding(self, path: bytes) -> bytes | None:
        return Roots((self.root,)).holding(path) or self.others.holding(path)


def _identity_of_regular(found: os.stat_result) -> Identity:
    if not stat.S_ISREG(found.st_mode):
        raise FileError(Code.NOT_A_REGULAR_FILE, "Not a regular file")
    return identity_of(found)
