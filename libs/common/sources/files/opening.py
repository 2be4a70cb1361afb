"""Opening files and folders below the roots, whatever happens to links and folders meanwhile."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.errors import Code, FileError
from libs.common.sources.files.beneath import open_beneath
from libs.common.sources.roots import Readable

_ROOT = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ELSEWHERE = frozenset((errno.ELOOP, errno.EXDEV))
_TRIES = 3
"""How often a link is followed that leads elsewhere each time it is looked at."""


class Opener:
    """Opens what is below `roots`. A link is followed only to what is below them too."""

    def __init__(self, roots: Readable) -> None:
        self._roots = roots

    def open(self, path: bytes, flags: int, *, links: bool = True) -> int:
        """A descriptor of the file or folder. OSError, or FileError outside_roots.

        Without `links` ELOOP is raised if the path, or a folder on its way, is a symbolic link.
        """
        try:
            return self._open(path, flags)
        except OSError as error:
            if not links or error.errno not in _ELSEWHERE:
                raise
        except FileError:
            if not links:
                raise
        return self._followed(path, flags)

    @contextmanager
    def folder(self, path: bytes, *, links: bool = True) -> Iterator[int]:
        """The folder's descriptor, for as long as the block lasts; raises as `open`."""
        descriptor = self.open(path, _FOLDER, links=links)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _followed(self, path: bytes, flags: int) -> int:
        """Where the path leads, opened through no link: one that is put in its way meanwhile is refused."""
        for _ in range(_TRIES):
            try:
                return self._open(os.path.realpath(path, strict=True), flags)
            except OSError as error:
                if error.errno not in _ELSEWHERE:
                    raise
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fsdecode(path))

    def _open(self, path: bytes, flags: int) -> int:
        root = self._roots.holding(path)
        if root is None:
            raise FileError(Code.OUTSIDE_ROOTS, "It lies outside the folders that may be read")
        if path == root and root != b"/":
            # One file that is a root itself, or the root's folder.
            root = os.path.dirname(root)  # noqa: PTH120 (bytes paths)
        folder = os.open(root, _ROOT)
        try:
            return open_beneath(folder, path[len(root) :].lstrip(b"/") or b".", flags)
        finally:
            os.close(folder)
