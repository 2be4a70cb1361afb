"""The bodies of compacted topics, and dead letters: what is so, not what has happened."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct, field

from libs.common.errors import Code
from libs.common.events.jobs import Callback
from libs.common.events.kinds import VERSION, JobState, now


class Decision(Struct, frozen=True, kw_only=True):
    """What a person said of contents, by their SHA-256: `keep_all`, they are no duplicates of each other.

    Of a single content: its files are no duplicates of each other. It holds in every collection.
    """

    decision_id: str
    hashes: tuple[str, ...]
    decision: Literal["keep_all"] = "keep_all"
    at: datetime = field(default_factory=now)
    version: int = VERSION


class Library(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `libraries`: a place of photos that is followed, and how. Each of its scans is a job.

    `watch`: changes of files are followed as they happen. `rescan`: how long after a scan the next one
    begins. `prune`: as of a ScanRequest. Files in the folders `protect` are never moved as copies.
    """

    library_id: str
    name: str
    uri: str
    collection: str
    exclude: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    watch: bool = False
    rescan: timedelta | None = None
    prune: Literal["off", "ask", "auto"] = "auto"
    created_at: datetime = field(default_factory=now)
    version: int = VERSION


class Counts(Struct, frozen=True, kw_only=True):
    """Files of a job by outcome. `total` = stored + failed + skipped; `stored` includes `from_cache`."""

    total: int = 0
    stored: int = 0
    from_cache: int = 0
    failed: int = 0
    skipped: int = 0
    ignored: int = 0
    in_flight: int = 0


class JobSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `jobs`: a job as of offset `as_of` in its job-status partition."""

    job_id: str
    collection: str | None
    state: JobState
    counts: Counts
    error_counts: dict[str, int]
    created_at: datetime
    updated_at: datetime
    as_of: int
    version: int = VERSION
    finished_at: datetime | None = None
    code: Code | None = None
    error: str | None = None
    directory_path: str | None = None
    retry_of: str | None = None
    labels: dict[str, str] = {}
    library_id: str | None = None
    skipped_counts: dict[str, int] = {}
    """Skipped files by code."""
    callback: Callback | None = None


class InFlight(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that an instance works on since `since`. `tries`: how often work on it was begun before."""

    job_id: str
    file_id: str
    file: str
    since: datetime
    tries: int = 0


class Heartbeat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `services`: an instance of a stage, ready or with the reason why it waits."""

    instance: str
    stage: str
    release: str
    state: Literal["starting", "ready", "waiting", "stopped"]
    reason: str | None = None
    at: datetime = field(default_factory=now)
    batch: int | None = None
    """Records that it sends at once to the model or the store, at most; None: it sends none."""
    held: int = 0
    """Records that it has taken and not finished."""
    in_flight: tuple[InFlight, ...] = ()
    """The files that it has worked on for longest, a few at most."""
    version: int = VERSION

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("at must have a time zone: its age is asked for")


class DeadLetter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `dead-letters`: where a record lies that could not be handled; its body if it is small."""

    topic: str
    partition: int
    offset: int
    code: Code
    error: str
    at: datetime = field(default_factory=now)
    key: bytes | None = None
    job_id: str | None = None
    file_id: str | None = None
    body: bytes | None = None
    version: int = VERSION
