"""What the gateway answers about libraries. Fields that a release does not know are passed over."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

Prune = Literal["off", "ask", "auto"]


class Following(Struct, frozen=True):
    """How a library is followed: by which scanner, by events or polling, and why it cannot be now."""

    followed_by: str | None = None
    watching: str = "off"
    error: str | None = None
    scanned_at: datetime | None = None
    next_scan_at: datetime | None = None
    job_id: str | None = None


class Library(Struct, frozen=True, kw_only=True):
    """A place of photos that is followed."""

    library_id: str
    name: str
    uri: str
    collection: str
    exclude: list[str] = []
    protect: list[str] = []
    watch: bool = False
    rescan: timedelta | None = None
    prune: str = "auto"
    created_at: datetime | None = None
    following: Following = Following()


class LibraryDeleted(Struct, frozen=True):
    """A library that is followed no more."""

    library_id: str
    status: str
