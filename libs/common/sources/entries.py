"""What a listing finds."""

from msgspec import Struct

from libs.common.errors import Code, FileError
from libs.common.labels import Value
from sluice.files.rules import BIN


class Described(Struct, frozen=True, array_like=True):
    """A file in the folder of another that it describes, by its name; its size in bytes."""

    name: bytes
    size: int


class Extra(Struct, frozen=True):
    """What a list of files says of one: `meta` is filtered by, `caption` stands in place of a model's.

    `offset` is where its bytes begin, where it is a part of another file; `described_by` what lies next to it
    in a bucket, and was listed with it.
    """

    meta: dict[str, Value] = {}
    caption: str | None = None
    offset: int | None = None
    described_by: tuple[Described, ...] = ()


NO_EXTRA = Extra()


class Found(Struct, frozen=True):
    """A file to process, as the listing saw it. Size in bytes, times in nanoseconds since the epoch."""

    path: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    target: bytes | None = None
    """The file's path without symbolic links, where there is one on `path`."""
    etag: str = ""
    """See Identity."""
    extra: Extra = NO_EXTRA


class Rejected(Struct, frozen=True):
    """A file, or a folder that cannot be read, whose outcome is known without processing it."""

    path: bytes
    error: FileError
    details: str | None = None


class Alias(Struct, frozen=True):
    """A symbolic link to a file that the same listing has under another path."""

    path: bytes
    of: bytes


class AlreadyStored(Struct, frozen=True):
    """A file of an upload whose content a point has already: its bytes were not kept."""

    path: bytes
    existing_id: str


TWICE = "folder that was listed already"
"""Why a folder is passed over, next to sluice.files.rules."""


class Ignored(Struct, frozen=True):
    """Something that is passed over in silence and only counted; `rule` says why, in words."""

    path: bytes
    rule: str = BIN


Entry = Found | Rejected | Alias | AlreadyStored | Ignored


def not_a_picture(path: bytes) -> Rejected:
    """A file whose name promises no picture."""
    return Rejected(
        path, FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file"), "File type not supported"
    )
