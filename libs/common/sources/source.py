"""What a place that photos lie in can do, and how the rest of the system knows it."""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

from msgspec import Struct, structs

from libs.common.sources.entries import Entry
from sluice.files.formats import SUPPORTED_SUFFIXES
from sluice.files.passed_over import BY_NAME, PassedOver


class Identity(Struct, frozen=True):
    """What tells that a file has not changed. Size in bytes, times in nanoseconds since the epoch.

    Where there is an `etag`, it and the size tell; the times are only shown.
    """

    size: int
    mtime_ns: int
    ctime_ns: int = 0
    etag: str = ""


def identity_of(found: os.stat_result) -> Identity:
    """The identity of a file on disk."""
    return Identity(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


UNKNOWN = "?"
"""The etag of a file whose source tells nothing that tells whether it has changed."""


class Part(Struct, frozen=True):
    """So many bytes of a file from an offset on."""

    offset: int
    size: int

    def of(self, whole: Identity) -> Identity:
        """The part's identity: it changes with the file."""
        return structs.replace(whole, size=self.size)


class Listing(Struct, frozen=True, kw_only=True):
    """What is to be listed. Files of other `suffixes` are rejected."""

    recursive: bool = True
    suffixes: frozenset[str] = SUPPORTED_SUFFIXES
    passed_over: PassedOver = BY_NAME
    exclude: tuple[str, ...] = ()
    """Patterns in gitignore's syntax, relative to the root."""
    only: tuple[bytes, ...] = ()
    """Just these files, and what lies in these folders, below the root: absolute. Empty: all."""


class OpenFile:
    """An open regular file: this is read, hashed, decoded and served, whatever its name leads to by then.

    The opener closes it; one that no caller received closes itself. `identity` is as it was when opened.
    A `fixed` one is a copy, to which no other process writes.
    """

    __slots__ = ("descriptor", "fixed", "identity")

    def __init__(self, descriptor: int, identity: Identity, *, fixed: bool = False) -> None:
        self.descriptor = descriptor
        self.identity = identity
        self.fixed = fixed

    @classmethod
    def of(cls, descriptor: int) -> "OpenFile":
        """The file of a descriptor that was handed over; OSError."""
        return cls(descriptor, identity_of(os.fstat(descriptor)))

    def __del__(self) -> None:
        self.close()

    @property
    def path(self) -> str:
        """A path that opens this file once more, for libraries that take only paths, while it is open."""
        return f"/dev/fd/{self.descriptor}"

    def stat(self) -> os.stat_result:
        """The file as it is now; OSError."""
        return os.fstat(self.descriptor)

    def now(self) -> Identity:
        """The file's identity as it is now; OSError."""
        return self.identity if self.fixed else identity_of(self.stat())

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> "OpenFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Source(Protocol):
    """A place that photos lie in. A path names a file in it, absolute, as records and points carry it.

    Every call may block: run it in a thread.
    """

    def list(self, root: bytes, requested: Listing) -> Iterator[Entry]:
        """Every entry at or below `root`, each exactly once; what cannot be read is an entry too."""

    def open(self, path: bytes, *, links: bool = True, part: Part | None = None) -> OpenFile:
        """The file, or a copy of a part of it, inside what may be read, symbolic links followed if `links`.

        Raises FileError: file_vanished, permission_denied, not_a_regular_file, outside_roots, read_failed,
        source_denied, source_gone, too_large.
        """

    def stat(self, path: bytes, *, links: bool = True) -> Identity:
        """The file's identity; FileError as `open`."""
