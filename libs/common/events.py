"""The public bodies, versioned JSON: scan requests, job events, snapshots, heartbeats, dead letters."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar, get_args
from uuid import UUID

from msgspec import Meta, Struct, convert, field, json

from libs.common.callbacks import LONGEST_URL, URL_PATTERN, check_callback_url
from libs.common.errors import Code, SluiceError
from libs.common.labels import Value, check_labels, check_metadata
from libs.common.unreadable import UNREADABLE

VERSION = 1
REQUEST_VERSION = 2
"""Of scan requests that ask for more than the first version could: `sync`."""
MAX_ITEMS = 500
"""Outcomes in one event, at most."""
MAX_MEMBERS = 200
"""Points of a group in one part, at most."""

FileOutcome = Literal["stored", "failed", "skipped"]
Source = Literal["batch_ml", "cache"]
LiveState = Literal["running", "paused", "cancelling"]
FinalState = Literal["completed", "failed", "cancelled"]
JobState = Literal[LiveState, FinalState]
Prune = Literal["off", "ask", "auto", "now"]
Want = Literal["embedding", "caption", "text"]
TaskKind = Literal["find_similar", "merge", "map"]
CallbackState = Literal["pending", "delivered", "failed"]
CallbackOf = Literal["finished", "rejected"]
TaskState = Literal["pending", "running", "completed", "failed", "cancelled"]
TERMINAL: frozenset[str] = frozenset(get_args(FinalState))


def now() -> datetime:
    """The time that events carry: UTC."""
    return datetime.now(UTC)


def check_want(want: Sequence[Want]) -> None:
    """ValueError unless a job can have this made of each file."""
    if not want or len(set(want)) != len(want):
        raise ValueError("want names embedding, caption or text, each once at most")
    if "embedding" in want and len(want) > 1:
        # A caption takes a hundred times as long as an embedding, which would wait for it.
        raise ValueError("a job makes embeddings, or adds captions and texts: not both")


class PointsSource(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The files of those points of a collection that fulfil `filters`, which are written as in a search."""

    collection: str
    filters: dict[str, Any] = {}


class FileRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a request, relative to its directory, with what is stored with its point alone."""

    path: str
    metadata: dict[str, Value] = {}


class ScanRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `ingest`: ingest a directory, a file, the files of points, or the failed files of a job."""

    version: int = VERSION
    job_id: UUID | None = None
    """The job's id; unset: one that the record's place gives."""
    directory_path: str | None = None
    """The folder, file or URI to ingest, as the scanner sees it."""
    retry_of: UUID | None = None
    """The job whose failed files are gone through again."""
    retry_from: int | None = None
    """Offset in job-status where the job to retry begins; the gateway adds it, else the scanner."""
    codes: tuple[str, ...] | None = None
    """Of a retry: only files that failed with one of these codes."""
    collection: str | None = None
    """Where the points go; unset: the active collection."""
    force: bool = False
    """Process unchanged and cached files again."""
    caption: bool = True
    """Have the model write captions, where it does."""
    recursive: bool = True
    """Go into folders below the directory."""
    labels: dict[str, str] = {}
    """Shown with the job wherever it is shown; see `libs.common.labels` for what they may be."""
    metadata: dict[str, Value] = {}
    """Stored with each point of the job as `meta`, where searches filter by it."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is passed over, in gitignore's syntax, relative to the directory."""
    sync: bool = False
    """Compare the folder with the points below it: moved files keep their points, those of gone files go."""
    prune: Prune = "auto"
    """What a sync does with points of gone files: nothing (off), wait to be asked (ask), remove them unless
    that looks wrong (auto), or remove them though so many are gone (now)."""
    paths: tuple[str, ...] = ()
    """Just these files and folders, relative to the directory; a sync compares just the points at and below
    them."""
    files: tuple[FileRequest, ...] = ()
    """Just these files, in place of `paths`, each with metadata of its own next to the request's."""
    library_id: str | None = None
    """The library whose scan this is."""
    source: PointsSource | None = None
    """Points whose files are gone through again."""
    want: tuple[Want, ...] = ("embedding",)
    """What is made of each file: its point (embedding), or what is added to that (caption, text)."""
    callback_url: Annotated[str, Meta(pattern=URL_PATTERN, max_length=LONGEST_URL)] | None = None
    """Where the job's end is reported to, if the gateway may call it."""

    def __post_init__(self) -> None:
        check_callback_url(self.callback_url)
        check_labels(self.labels)
        check_metadata(self.metadata)
        given = (self.directory_path, self.retry_of, self.source)
        if sum(each is not None for each in given) != 1:
            raise ValueError("exactly one of directory_path, retry_of and source must be given")
        check_want(self.want)
        if self.adds and self.directory_path is not None:
            raise ValueError("captions and texts are added to points: name a source")
        if self.paths and self.directory_path is None:
            raise ValueError("paths are relative to a directory_path")
        check_paths(self.paths)
        self._check_files()

    def _check_files(self) -> None:
        if self.files and (self.paths or (self.directory_path is None and self.retry_of is None)):
            raise ValueError("files are relative to a directory_path, and stand in place of paths")
        check_paths(each.path for each in self.files)
        for each in self.files:
            check_metadata(self.metadata | each.metadata)

    @property
    def adds(self) -> bool:
        """Whether it adds to points that are there."""
        return "embedding" not in self.want


def check_paths(paths: Iterable[str]) -> None:
    """ValueError for paths that do not lie below the directory that they are relative to."""
    for path in paths:
        parts = path.split("/")
        if not path or path.startswith("/") or "\0" in path or any(each in ("", ".", "..") for each in parts):
            raise ValueError(f"{path!r} is not relative to the directory, without . and ..")


class _Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    job_id: str
    """The job, or the task, that it is about."""
    version: int = VERSION
    at: datetime = field(default_factory=now)
    """When it was written, by the writer's clock."""


class Accepted(_Event, frozen=True, kw_only=True, tag="accepted"):
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


class Rejected(_Event, frozen=True, kw_only=True, tag="rejected"):
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


class Listed(_Event, frozen=True, kw_only=True, tag="listed"):
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
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    pending: int = 0
    reason: str | None = None


class Compared(_Event, frozen=True, kw_only=True, tag="compared"):
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


class Outcomes(_Event, frozen=True, kw_only=True, tag="outcomes"):
    """Final outcomes of at most MAX_ITEMS files."""

    items: tuple[Outcome, ...]


class StateChanged(_Event, frozen=True, kw_only=True, tag="state"):
    """The job now runs, is paused, or is being cancelled."""

    state: LiveState


class JobError(_Event, frozen=True, kw_only=True, tag="error"):
    """Something that no file of the job can escape; the scanner ends the job on it."""

    code: Code
    error: str


class Finished(_Event, frozen=True, kw_only=True, tag="finished"):
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


class CallbackReported(_Event, frozen=True, kw_only=True, tag="callback"):
    """A try to report the job's end, or that its request was refused; comes after that, from the gateway."""

    callback: Callback
    of: CallbackOf = "finished"
    """Which of the two: a job may be refused first, and accepted and finished later."""


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


class TaskEvent(_Event, frozen=True, kw_only=True, tag="task"):
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
    totals: dict[str, int] = {}
    code: Code | None = None
    error: str | None = None


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


JobEvent = (
    Accepted
    | Rejected
    | Listed
    | Compared
    | Outcomes
    | StateChanged
    | JobError
    | Finished
    | CallbackReported
    | TaskEvent
)


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


MAX_REQUEST_BYTES = 64 * 1024
"""A longer ScanRequest is none: what is said of one must itself fit a message, path and all."""

PublicT = TypeVar("PublicT", ScanRequest, JobSnapshot, Heartbeat, DeadLetter, Decision, Library)

_encoder = json.Encoder()
_event_decoder: json.Decoder[JobEvent] = json.Decoder(JobEvent)


def encode(body: Struct) -> bytes:
    """The body as JSON."""
    return _encoder.encode(body)


def decode_event(body: bytes) -> JobEvent:
    """The event in `body`; SluiceError undecodable_record if it is not one of version 1."""
    try:
        return _checked(_event_decoder.decode(body))
    except UNREADABLE as error:
        raise _undecodable("a job event", error) from error


def decode(body: bytes, kind: type[PublicT]) -> PublicT:
    """The body of that kind; SluiceError undecodable_record if it is not one of version 1.

    In a scan request, which other systems write, null stands for a field's default.
    """
    if kind is ScanRequest and len(body) > MAX_REQUEST_BYTES:
        raise SluiceError(
            Code.UNDECODABLE_RECORD, f"not a scan request: longer than {MAX_REQUEST_BYTES // 1024} KB"
        )
    try:
        if kind is ScanRequest:
            return _checked(convert(_without_nulls(json.decode(body)), kind))
        return _checked(json.decode(body, type=kind))
    except UNREADABLE as error:
        raise _undecodable(f"a {_words(kind.__name__)}", error) from error


def job_id_in(body: bytes) -> UUID | None:
    """The job id that a request names which may be wrong in all else; None where none can be read."""
    try:
        return json.decode(body[:MAX_REQUEST_BYTES], type=_Named).job_id
    except UNREADABLE:
        return None


def callback_url_in(body: bytes) -> str | None:
    """The callback_url that such a request names; None where none can be read, or it is no such URL."""
    try:
        found = json.decode(body[:MAX_REQUEST_BYTES], type=_Called).callback_url
        check_callback_url(found)
    except UNREADABLE:
        return None
    return found


class _Named(Struct):
    job_id: UUID | None = None


class _Called(Struct):
    callback_url: str | None = None


def _without_nulls(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {name: value for name, value in given.items() if value is not None}


AnyT = TypeVar(
    "AnyT", bound="JobEvent | ScanRequest | JobSnapshot | Heartbeat | DeadLetter | Decision | Library"
)


def _checked(body: AnyT) -> AnyT:
    if body.version != VERSION and not (isinstance(body, ScanRequest) and body.version == REQUEST_VERSION):
        raise SluiceError(
            Code.UNDECODABLE_RECORD,
            f"{type(body).__name__} of version {body.version}; this release reads version {VERSION}",
        )
    return body


def _undecodable(what: str, error: Exception) -> SluiceError:
    return SluiceError(Code.UNDECODABLE_RECORD, f"not {what}: {error}")


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
