"""What a task says of itself, on job-status too."""

from msgspec import Struct, field

from libs.common.errors import Code
from libs.common.events.jobs import Event
from libs.common.events.kinds import TaskKind, TaskState


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A point of a group of similar ones. `score`: its cosine similarity to the keeper."""

    id: str
    score: float
    filename: str | None = None
    hash: str | None = None
    stacked: tuple[str, ...] = ()
    """Other files of the same picture, such as the JPEG of a RAW."""


class SimilarGroup(Struct, frozen=True, kw_only=True):
    """Points that show the same, the keeper first; `reason` says in words why it is the one to keep.

    A group of more than MAX_MEMBERS points comes in parts of the same `group_id`.
    """

    group_id: str
    keeper_id: str
    reason: str
    points: tuple[Member, ...]
    space: int = 0
    """Bytes of all but the keeper."""
    least: float | None = None
    """The likeness that each has with the keeper at least, where that is promised."""


class TaskEvent(Event, frozen=True, kw_only=True, tag="task"):
    """How a task stands; `job_id` is the task's id. The first event of a final state wins.

    A task that is started again after a crash is another `run`, whose groups replace those of the run before.
    `groups` are the ones numbered from `place` on; `totals` counts what was found or done, at the end.
    """

    kind: TaskKind
    collection: str
    state: TaskState
    progress: float = 0.0
    run: str = ""
    place: int = 0
    groups: tuple[SimilarGroup, ...] = ()
    totals: dict[str, int] = field(default_factory=dict)
    code: Code | None = None
    error: str | None = None
