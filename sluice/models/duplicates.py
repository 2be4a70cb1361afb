"""What the gateway answers about duplicates, decisions and moved files."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field

from sluice.models.photos import PhotoPayload


class TaskStatus(Struct, frozen=True):
    """How a task over a collection stands."""

    task_id: str
    status: str
    kind: str = ""
    collection: str = ""
    progress: float = 0.0
    totals: dict[str, int] = {}
    code: str | None = None
    error: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("completed", "failed", "cancelled")


class TaskTaken(Struct, frozen=True):
    """A task that will be done."""

    task_id: str


class Member(Struct, frozen=True):
    """A picture of a group. `score`: its cosine similarity to the keeper; `advice`: keep, archive or look."""

    id: str
    score: float
    payload: PhotoPayload
    advice: str = "look"
    file_path: str = ""
    hash: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    camera: str | None = None
    sharpness: float | None = None
    same_file: bool | None = None
    same_pixels: bool | None = None
    stacked: list[str] = []


class Group(Struct, frozen=True):
    """Pictures that show the same, the keeper first; `reason` says why it is kept.

    `space` is what there is to be had, in bytes; `likeness` the least score in it.
    """

    group_id: str
    keeper_id: str
    reason: str
    points: list[Member]
    space: int = 0
    likeness: float = 1.0
    differs: list[str] = []


class Report(Struct, frozen=True):
    """How far a search for similar photos is, and a page of its groups."""

    status: str
    progress: float
    results: list[Group]
    next: str | None = None
    totals: dict[str, int] = {}
    error: str | None = None


class Copy(Struct, frozen=True):
    """A file of a group of the same content."""

    id: str
    file_path: str
    filename: str


class ExactGroup(Struct, frozen=True):
    """Files of the same content; `keeper` is the id of the one to keep."""

    hash: str
    keeper: str
    reason: str
    files: list[Copy]


class ExactPage(Struct, frozen=True):
    """Some groups of copies; there are more while `next` is set."""

    groups: list[ExactGroup]
    next: str | None = None


class Decision(Struct, frozen=True):
    """Contents that somebody said are no duplicates of each other."""

    decision_id: str
    hashes: list[str]
    decision: str
    at: datetime


class Skipped(Struct, frozen=True):
    """A file that stays, and why."""

    path: str
    detail: str
    code: str = ""


class Archived(Struct, frozen=True):
    """A file that moved, or would move."""

    path: str
    to: str
    point_id: str = ""
    keeper: str | None = None
    sidecars: Sequence[str] = ()


class Archive(Struct, frozen=True):
    """What was moved, or would be: then it has no id."""

    archived: list[Archived]
    skipped: list[Skipped]
    archive_id: str | None = None
    dry_run: bool = False


class Planned(Struct, frozen=True):
    """A copy that is to move, unless a last look forbids it."""

    path: str
    point_id: str
    to: str | None = None
    """In a dry run: where it would go."""
    keeper: str | None = None
    """In a dry run: the file that stays in its place."""


class ArchivePlan(Struct, frozen=True):
    """What is being moved in the background."""

    planned: list[Planned]
    skipped: list[Skipped]
    archive_id: str | None = None
    dry_run: bool = False


class Move(Struct, frozen=True):
    """One file's move; `state` may be an error's code, then the file stays where it was."""

    from_: str = field(name="from")
    to: str
    state: str


class ArchiveItem(Struct, frozen=True):
    """An archive in the list of archives; `moved`: files that are still where it moved them."""

    archive_id: str
    kind: str
    collection: str
    created_at: datetime
    state: str
    moved: int
    moves: list[Move] = []
    restored: int = 0
    truncated: bool = False


class ArchivePage(Struct, frozen=True):
    """Archives, the newest first."""

    items: list[ArchiveItem]
    next: str | None = None


class Restored(Struct, frozen=True):
    """What was moved back."""

    archive_id: str
    moves: list[Move]
    dry_run: bool = False
