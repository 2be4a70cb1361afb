"""What the gateway answers about jobs. Fields that a release does not know are passed over."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from sluice.errors import Code

State = Literal["running", "paused", "cancelling", "completed", "failed", "cancelled"]
OVER = frozenset(("completed", "failed", "cancelled"))
"""States after which nothing more happens."""
Outcome = Literal["stored", "failed", "skipped", "ignored"]
Want = Literal["caption", "text"]
"""What a job adds to points that are there."""


class Counts(Struct, frozen=True):
    """A job's files by outcome; `total` is what has one."""

    total: int = 0
    stored: int = 0
    from_cache: int = 0
    failed: int = 0
    skipped: int = 0
    ignored: int = 0
    in_flight: int = 0


class SyncFound(Struct, frozen=True):
    """How a folder differed from the points below it, in files; `pending`: gone ones whose points wait."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    pending: int = 0
    reason: str | None = None


class Callback(Struct, frozen=True):
    """How reporting a job's end stands: pending, delivered or failed, after so many tries."""

    state: str
    tries: int = 0
    url: str | None = None
    at: datetime | None = None
    error: str | None = None


class JobRow(Struct, frozen=True, kw_only=True):
    """A job, as a list shows it."""

    job_id: str
    state: str
    created_at: datetime
    collection: str | None = None
    directory_path: str | None = None
    progress: float = 0.0
    counts: Counts = Counts()
    error_counts: dict[str, int] = {}
    skipped_counts: dict[str, int] = {}
    code: str | None = None
    error: str | None = None
    retry_of: str | None = None
    labels: dict[str, str] = {}
    library_id: str | None = None
    sync: SyncFound | None = None
    callback: Callback | None = None
    prune_pending: bool = False
    updated_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in OVER


class FailedFile(Struct, frozen=True):
    """A file without a point, and why."""

    file: str
    error: str
    code: str | None = None
    details: str | None = None


class Result(Struct, frozen=True):
    """What a finished job says of its files; at most the first thousand of them."""

    failed_files: list[FailedFile] = []

    @property
    def failures(self) -> list[FailedFile]:
        """Without the files that are no pictures, which clients of the earlier service look for here."""
        return [file for file in self.failed_files if file.code != Code.UNSUPPORTED_TYPE]


class JobStatus(JobRow, frozen=True, kw_only=True):
    """All that is known of a job. `counts.total` is what has its outcome, `total_files` what is known."""

    message: str = ""
    total_files: int = 0
    rate: float = 0.0
    eta_seconds: float | None = None
    waiting_reason: str | None = None
    bottleneck: str | None = None
    exact_duplicates_count: int = 0
    result: Result | None = None

    @property
    def done(self) -> int:
        """Files that have their outcome."""
        return self.counts.stored + self.counts.failed + self.counts.skipped


class Submitted(Struct, frozen=True):
    """A job that was taken on; `ignored` names uploaded files that were passed over."""

    job_id: str
    message: str = ""
    accepted: int | None = None
    ignored: list[str] = []


class JobCommanded(Struct, frozen=True):
    """The state that a job goes to."""

    job_id: str
    state: str


class PutBack(Struct, frozen=True):
    """Points that were put back."""

    job_id: str
    points: int


class InFlight(Struct, frozen=True):
    """A file that an instance works on."""

    file: str
    stage: str
    instance: str
    since: datetime
    tries: int = 0
    reason: str | None = None


class JobPage(Struct, frozen=True):
    """Jobs, the newest first; `next` is the cursor of the page after this."""

    items: list[JobRow]
    next: str | None = None


class JobFile(Struct, frozen=True):
    """What became of one file of a job."""

    file: str
    id: str
    outcome: str
    source: str | None = None
    code: str | None = None
    error: str | None = None
    details: str | None = None
    caption: str | None = None
    existing_id: str | None = None
    alias_of: str | None = None
    rule: str | None = None


class GoneFile(Struct, frozen=True):
    """A file that is gone, and the point that is left of it."""

    id: str
    file: str


class GonePage(Struct, frozen=True):
    """Gone files whose points wait; `next` is the cursor of the page after this."""

    items: list[GoneFile]
    next: str | None


class FilePage(Struct, frozen=True):
    """Files of a job; `next` is the cursor of the page after this."""

    items: list[JobFile]
    next: str | None = None
