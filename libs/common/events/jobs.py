"""What stages say of jobs, on job-status."""

from datetime import datetime

from msgspec import Struct, field

from libs.common.errors import Code, SluiceError
from libs.common.events.kinds import (
    VERSION,
    CallbackOf,
    CallbackState,
    FileOutcome,
    FinalState,
    LiveState,
    Source,
    Want,
    now,
)
from libs.common.events.requests import PointsSource


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """What all events have."""

    job_id: str
    """The job, or the task, that it is about."""
    version: int = VERSION
    at: datetime = field(default_factory=now)
    """When it was written, by the writer's clock."""


class Accepted(Event, frozen=True, kw_only=True, tag="accepted"):
    """The scanner took the request on. `partition` and `offset` are the ingest record's.

    `seal` is the SHA-256, in hexadecimal, of the `proof` that the job's terminal event has.
    """

    collection: str | None
    partition: int
    offset: int
    directory_path: str | None = None
    retry_of: str | None = None
    labels: dict[str, str] = {}
    exclude: tuple[str, ...] = ()
    library_id: str | None = None
    source: PointsSource | None = None
    want: tuple[Want, ...] = ("embedding",)
    seal: str | None = None
    callback_url: str | None = None


class Rejected(Event, frozen=True, kw_only=True, tag="rejected"):
    """The scanner refused a request; its dead letter has the body. `topic`, `partition` and `offset` are
    the record's.

    `job_id` is the request's own where it can be read, else the id that the record's place gives. A request
    that is accepted later under the same id makes the job after all.
    """

    topic: str
    partition: int
    offset: int
    code: Code
    error: str
    callback_url: str | None = None
    """Where the refusal is reported to; the request's own, where it can be read."""


class IgnoredBy(Struct, frozen=True, kw_only=True):
    """What a rule passed over: how many files and folders, and the names of a few."""

    rule: str
    count: int
    sample: tuple[str, ...]


class Listed(Event, frozen=True, kw_only=True, tag="listed"):
    """Cumulative counts of the listing; `bytes` is the size of the files found."""

    found: int
    ignored: int
    bytes: int
    complete: bool = False
    ignored_by: tuple[IgnoredBy, ...] = ()
    """By rule, once the listing is complete."""


class SyncCounts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a folder differs from the points below it, in files.

    `removed` are gone files whose points are removed, `pending` those whose points wait, `reason` is why.
    `whole`: all points below the folder were compared, and not just those of some paths. Where points wait,
    `root` is the folder as their paths have it, and `paths`, relative to it, are those that were compared.
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    pending: int = 0
    reason: str | None = None
    whole: bool = True
    root: str | None = None
    paths: tuple[str, ...] = ()


class Compared(Event, frozen=True, kw_only=True, tag="compared"):
    """What a sync is about to do. The first one of a job counts."""

    counts: SyncCounts


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The final word on one file of one job."""

    file_id: str
    file: str
    outcome: FileOutcome
    source: Source | None = None
    code: Code | None = None
    error: str | None = None
    details: str | None = None
    caption: str | None = None
    existing_id: str | None = None
    alias_of: str | None = None
    """The file that a skipped link stands for."""


def failure(file_id: str, file: str, error: SluiceError, details: str | None = None) -> Outcome:
    """The outcome of a file that no stage goes on with; every stage reports one through this.

    It has failed, or is skipped where it is no picture at all: then there is nothing to do about it.
    """
    no_picture = error.code is Code.UNSUPPORTED_TYPE
    return Outcome(
        file_id=file_id,
        file=file,
        outcome="skipped" if no_picture else "failed",
        code=error.code,
        error=error.detail,
        details=details,
    )


class Outcomes(Event, frozen=True, kw_only=True, tag="outcomes"):
    """Final outcomes of at most MAX_ITEMS files."""

    items: tuple[Outcome, ...]


class StateChanged(Event, frozen=True, kw_only=True, tag="state"):
    """The job now runs, is paused, or is being cancelled."""

    state: LiveState


class JobError(Event, frozen=True, kw_only=True, tag="error"):
    """Something that no file of the job can escape; the scanner ends the job on it."""

    code: Code
    error: str


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """The only terminal event of a job, written by its scanner. The first one wins.

    Where the job has a seal, one without the `proof` of it counts for nothing.
    """

    state: FinalState
    total: int
    stored: int
    from_cache: int
    failed: int
    skipped: int
    ignored: int
    code: Code | None = None
    error: str | None = None
    proof: str | None = None


class Callback(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How reporting a job's end to its callback_url stands: after `tries`, the last of them at `at`."""

    state: CallbackState = "pending"
    tries: int = 0
    at: datetime | None = None
    error: str | None = None
    """Why the last try failed."""


class CallbackReported(Event, frozen=True, kw_only=True, tag="callback"):
    """A try to report the job's end, or that its request was refused; comes after that, from the gateway."""

    callback: Callback
    of: CallbackOf = "finished"
    """Which of the two: a job may be refused first, and accepted and finished later."""
