"""The file system as a source."""

import os
import stat
from collections.abc import Iterator

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry
from libs.common.sources.files.failures import file_errors
from libs.common.sources.files.walk import walk
from libs.common.sources.roots import Roots
from libs.common.sources.source import Identity, Listing, OpenFile, identity_of

# Opening must not wait for the writer of a FIFO.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class FileSource:
    """Files and folders of this machine, below `roots`."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def list(self, root: bytes, asked: Listing) -> Iterator[Entry]:
        """See Source. `root` has no symbolic links in it and is not checked."""
        return walk(root, recursive=asked.recursive, allowed=self._roots.allow, suffixes=asked.suffixes)

    def open(self, path: bytes, *, links: bool = True) -> OpenFile:
        """See Source."""
        with file_errors():
            descriptor = os.open(self._resolved(path, links), _FLAGS)
            try:
                return OpenFile(descriptor, _identity_of_regular(os.fstat(descriptor)))
            except BaseException:
                os.close(descriptor)
                raise

    def stat(self, path: bytes, *, links: bool = True) -> Identity:
        """See Source."""
        with file_errors():
            return _identity_of_regular(os.lstat(self._resolved(path, links)))

    def _resolved(self, path: bytes, links: bool) -> bytes:
        real = os.path.realpath(path)
        if not links and real != path:
            raise FileError(Code.NOT_A_REGULAR_FILE, "A symbolic link leads to it, or it is one")
        if not self._roots.allow(real):
            raise FileError(Code.OUTSIDE_ROOTS, "The file lies outside the folders that may be read")
        return real


def _identity_of_regular(found: os.stat_result) -> Identity:
    if not stat.S_ISREG(found.st_mode):
        raise FileError(Code.NOT_A_REGULAR_FILE, "Not a regular file")
    return identity_of(found)
