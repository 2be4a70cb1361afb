"""What a listing finds, and a file as the spool keeps it."""

from msgspec import Struct

from libs.common.errors import Code, FileError


class Found(Struct, frozen=True):
    """A file to process, as the listing saw it. Size in bytes, times in nanoseconds since the epoch."""

    path: bytes
    size: int
    mtime_ns: int
    ctime_ns: int


class Rejected(Struct, frozen=True):
    """A file, or a folder that cannot be read, whose outcome is known without processing it."""

    path: bytes
    error: FileError
    details: str | None = None


class Ignored(Struct, frozen=True):
    """Something that is passed over in silence and only counted."""

    path: bytes


Entry = Found | Rejected | Ignored


class Spooled(Struct, frozen=True, kw_only=True):
    """One listed file of a job: to be emitted, or with a `code` to be reported as failed."""

    file_id: str
    path: bytes
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    code: Code | None = None
    error: str | None = None
    details: str | None = None
