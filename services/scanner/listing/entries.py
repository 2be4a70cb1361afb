"""A listed file as the spool keeps it."""

from msgspec import Struct

from libs.common.errors import Code
from libs.common.sources.entries import NO_EXTRA, Extra


class Spooled(Struct, frozen=True, kw_only=True):
    """One listed file of a job: to be emitted, or with a `code` to be reported as failed."""

    file_id: str
    path: bytes
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    etag: str = ""
    extra: Extra = NO_EXTRA
    code: Code | None = None
    error: str | None = None
    details: str | None = None
    target: bytes | None = None
    """The file's path without symbolic links, where there is one on `path`; of an alias, the other file."""
    existing_id: str | None = None
    """Of a file whose content was stored before, the point that has it."""
