"""Bodies about libraries."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from services.gateway.api.models import Body, Id
from services.gateway.collections.models import Name as CollectionName

LIBRARY = "6a1f7c2e-0a4d-4a3e-9d07-5c1d7f0b9a11"
Pattern = Annotated[str, Field(max_length=1000)]
Folder = Annotated[str, Field(max_length=4096)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Prune = Literal["off", "ask", "auto"]
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)


class _Options(Body):
    """How a library is followed."""

    @field_validator("rescan", check_fields=False)
    @classmethod
    def _rescan(cls, rescan: timedelta | None) -> timedelta | None:
        if rescan is not None and not SHORTEST <= rescan <= LONGEST:
            raise ValueError("a rescan is due after a minute at the earliest, and a year at the latest")
        return rescan


class LibraryRequest(_Options):
    """A place of photos to follow."""

    name: Name = Field(examples=["family"])
    uri: str = Field(
        min_length=1, max_length=4096, description="A folder, or file://", examples=["/photos/family"]
    )
    collection: CollectionName | None = Field(None, description="Unset: the active one, from now on")
    exclude: list[Pattern] = Field(
        default_factory=list, max_length=200, description="As of a request to ingest", examples=[["*.png"]]
    )
    protect: list[Folder] = Field(
        default_factory=list, max_length=200, description="Folders whose files are never moved as copies"
    )
    watch: bool = Field(False, description="Follow changes of files as they happen")
    rescan: timedelta | None = Field(
        None, description="How long after a scan the next one begins (ISO 8601)", examples=["PT24H"]
    )
    prune: Prune = Field("auto", description="As of a request to ingest")


class LibraryChange(_Options):
    """What is to be another way; what is not named stays."""

    name: Name | None = None
    exclude: list[Pattern] | None = Field(None, max_length=200)
    protect: list[Folder] | None = Field(None, max_length=200)
    watch: bool | None = None
    rescan: timedelta | None = Field(None, description="null: no rescans", examples=["PT24H"])
    prune: Prune | None = None


class FollowedOut(Body):
    """How a library is followed."""

    followed_by: str | None = Field(None, description="The scanner's instance")
    watching: Literal["events", "polling", "off"] = "off"
    error: str | None = Field(None, description="Why it cannot be followed now")
    scanned_at: datetime | None = Field(None, description="When its last whole scan was asked for")
    next_scan_at: datetime | None = None
    job_id: Id | None = Field(None, description="Its last job")


class LibraryOut(Body):
    """A library."""

    library_id: Id = Field(examples=[LIBRARY])
    name: str
    uri: str
    collection: str
    exclude: list[str]
    protect: list[str]
    watch: bool
    rescan: timedelta | None
    prune: Prune
    created_at: datetime
    following: FollowedOut


class LibraryDeleted(Body):
    """A library that is followed no more."""

    library_id: Id = Field(examples=[LIBRARY])
    status: str = "deleted"
