"""Bodies about moved files."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.gateway.api.models import Body, Id

PHOTO = "/photos/holiday/a (copy).jpg"
ARCHIVED = "/photos/holiday/_VibeDuplicates/a (copy).jpg"
ARCHIVE = "20260102T030405000000-0a1b2c3d"


class Protecting(Body):
    """What any call that moves files may name."""

    protect: list[str] = Field(
        [], max_length=1000, description="Folders whose files stay, besides those of PROTECTED_FOLDERS"
    )


class ExactRequest(Protecting):
    """Copies to move out of the way."""

    file_paths: list[str] = Field(min_length=1, examples=[[PHOTO]])
    dry_run: bool = Field(False, description="Only say what would move")


class SelectionRequest(Protecting):
    """Points whose files are to move out of the way."""

    point_ids: list[UUID] = Field(min_length=1)
    dry_run: bool = Field(False, description="Only say what would move")


class DryRun(Body):
    """What may be sent with a call that needs no body."""

    dry_run: bool = Field(False, description="Only say what would happen")


class JobRequest(DryRun, Protecting):
    """What may be sent to archive the copies that a job found."""


class KeepBelow(DryRun, Protecting):
    """A decision on all groups of a report: in each, keep what lies below a folder."""

    keep_below: str = Field(
        min_length=1,
        description="Groups without a file below this folder stay as they are",
        examples=["/photos"],
    )
    alike: bool = Field(
        False,
        description="Also move what is only alike (advice `look`), and not just what has the same content or "
        "the same pixels as the file that is kept",
    )
    below: str | None = Field(None, description="Only groups with a file below this folder")


class ArchivedOut(Body):
    """A photo that is (in a dry run: would be) in an archive folder, and what went with it."""

    path: str = Field(examples=[PHOTO])
    to: str = Field(examples=[ARCHIVED])
    point_id: str
    keeper: str | None = Field(description="The copy that stays", examples=["/photos/holiday/a.jpg"])
    sidecars: list[str] = Field(description="Files that went along")


class PlannedOut(Body):
    """A copy that is to move, unless a last look forbids it."""

    path: str = Field(examples=[PHOTO])
    point_id: str
    to: str | None = Field(None, description="Where it would go, in a dry run", examples=[ARCHIVED])
    keeper: str | None = Field(None, description="In whose favour, in a dry run")


class SkippedOut(Body):
    """A photo that stays where it is, and why."""

    path: str = Field(description="The path; a point's id where it has none", examples=[PHOTO])
    code: str = Field(examples=["last_copy"])
    detail: str


class ArchiveOut(Body):
    """What was moved, and what was not. A dry run has no archive_id."""

    archive_id: Id | None = Field(examples=[ARCHIVE])
    dry_run: bool
    archived: list[ArchivedOut]
    skipped: list[SkippedOut]


class SelectionOut(ArchiveOut):
    """As after every archiving; the snapshot is a file in the archive's folder in ARCHIVE_DIR."""

    snapshot: str | None = Field(examples=[f"{ARCHIVE}/points.jsonl"])


class PlanOut(Body):
    """What is being moved in the background; GET /archives tells how it went."""

    archive_id: Id | None = Field(examples=[ARCHIVE])
    dry_run: bool
    planned: list[PlannedOut]
    skipped: list[SkippedOut]


class MoveOut(Body):
    """One file's move. In a restore `state` may be an error's code: it stays in the archive folder."""

    from_: str = Field(alias="from", serialization_alias="from", examples=[PHOTO])
    to: str = Field(examples=[ARCHIVED])
    state: str = Field(examples=["archived"], description="archived, restored, undone, half_done, or a code")


class ArchiveItem(Body):
    """An archive, as its journal tells. At most 1,000 moves are shown."""

    archive_id: Id = Field(examples=[ARCHIVE])
    kind: Literal["exact", "selection", "job", "similar"]
    collection: str
    created_at: datetime
    state: Literal["running", "finished", "interrupted", "restored"]
    restored: int = Field(0, description="Photos that are back where they were")
    moved: int = Field(description="Photos that are in their archive folder")
    moves: list[MoveOut]
    truncated: bool


class ArchivePage(Body):
    """Archives, the newest first."""

    items: list[ArchiveItem]
    next: str | None


class RestoreOut(Body):
    """What was moved back; what was before is not among it."""

    archive_id: Id = Field(examples=[ARCHIVE])
    dry_run: bool
    moves: list[MoveOut]
