"""Bodies about jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from libs.common.callbacks import check_callback_url
from libs.common.errors import Code
from libs.common.events import CallbackState, FileOutcome, JobState, Source, Want, check_paths, check_want
from libs.common.labels import Value, check_labels, check_metadata
from services.gateway.api.models import Body, Id

PHOTOS = "/photos/holiday"
EMBEDDING: Want = "embedding"
JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"


def _checked_url(url: str | None) -> str | None:
    check_callback_url(url)
    return url


CallbackUrlIn = Annotated[
    str | None,
    Field(
        description="Where the job's end is reported to, signed; on a server that the gateway may call",
        examples=[None],
    ),
    AfterValidator(_checked_url),
]


class PointsIn(Body):
    """Points of a collection, whose files are gone through again."""

    collection: str = Field(examples=["holiday"])
    filters: dict[str, Any] = Field(
        default_factory=dict, description="As in a search", examples=[{"missing": ["caption"]}]
    )


Metadata = Annotated[
    dict[str, Value],
    Field(
        default_factory=dict,
        description="Stored with each point as `meta`; searches filter by `meta.<name>`",
        examples=[{"client": "Meier", "year": 2024}],
    ),
]


class FileIn(Body):
    """One file, with metadata of its own next to the request's."""

    path: str = Field(max_length=4096, examples=["2024/IMG_1.jpg"])
    metadata: Metadata


class IngestRequest(Body):
    """A directory, or one file, to ingest; or points of a collection, whose files are gone through again."""

    directory_path: str | None = Field(None, min_length=1, max_length=4096, examples=[PHOTOS])
    source: PointsIn | None = Field(None, description="Instead of a directory", examples=[None])
    want: list[Want] = Field(
        default_factory=lambda: [EMBEDDING],
        description="embedding: whole points are made; caption, text: added to points that are there",
    )
    collection: str | None = Field(None, description="Unset: the active one")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Shown with the job", examples=[{"order": "2024-117"}]
    )
    metadata: Metadata
    force: bool = Field(False, description="Also what is unchanged or cached")
    exclude: list[Annotated[str, Field(max_length=1000)]] = Field(
        default_factory=list,
        max_length=200,
        description="Patterns of what is passed over, in gitignore's syntax",
        examples=[["*.png", "private/"]],
    )
    sync: bool = Field(
        False, description="Compare with the points below it: moved files keep theirs, those of gone files go"
    )
    prune: Literal["off", "ask", "auto"] = Field(
        "auto", description="In a sync: whether points of gone files are removed; auto, unless it looks wrong"
    )

    paths: list[Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=list,
        max_length=1000,
        description="Just these files and folders, relative to the directory",
        examples=[["2024/IMG_1.jpg", "2024/may"]],
    )

    files: list[FileIn] = Field(
        default_factory=list,
        max_length=1000,
        description="In place of paths: just these files, each with metadata of its own",
    )
    callback_url: CallbackUrlIn = None

    @field_validator("paths")
    @classmethod
    def _paths(cls, paths: list[str]) -> list[str]:
        check_paths(paths)
        return paths

    @model_validator(mode="after")
    def _files(self) -> "IngestRequest":
        check_paths(each.path for each in self.files)
        for each in self.files:
            check_metadata(self.metadata | each.metadata)
        if self.files and (self.paths or self.directory_path is None):
            raise ValueError("files are relative to a directory_path, and stand in place of paths")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> "IngestRequest":
        if (self.directory_path is None) == (self.source is None):
            raise ValueError("exactly one of directory_path and source must be given")
        check_want(self.want)
        if self.source is None and EMBEDDING not in self.want:
            raise ValueError("captions and texts are added to points: name a source instead of a directory")
        return self

    @field_validator("labels")
    @classmethod
    def _labels(cls, labels: dict[str, str]) -> dict[str, str]:
        check_labels(labels)
        return labels

    @field_validator("metadata")
    @classmethod
    def _metadata(cls, metadata: dict[str, Value]) -> dict[str, Value]:
        check_metadata(metadata)
        return metadata


class SyncOut(Body):
    """How a folder differed from the points below it, in files."""

    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    pending: int = Field(description="Gone files whose points wait: POST .../prune removes them")
    reason: str | None = Field(description="Why they wait")


class CallbackOut(Body):
    """How reporting a job's end stands."""

    url: str | None = Field(description="Without its query")
    state: CallbackState
    tries: int
    at: datetime | None = Field(description="The last try")
    error: str | None = Field(description="Why it failed")


class PutBack(Body):
    """Points that were put back."""

    job_id: Id = Field(examples=[JOB])
    points: int


class Submitted(Body):
    """A job that was taken on."""

    job_id: Id = Field(examples=[JOB])
    status: str = "accepted"
    message: str


class Commanded(Body):
    """A job that was told something. `state` is where it goes to; its status says when it is there."""

    job_id: Id = Field(examples=[JOB])
    state: JobState


class RetryRequest(Body):
    """Which failed files to go through again."""

    codes: list[Code] | None = Field(
        None, min_length=1, description="Unset: all", examples=[["ml_rejected", "file_changing"]]
    )


class Retried(Submitted):
    """A new job for files that failed."""

    retry_of: Id = Field(examples=[JOB])


class LogLineOut(Body):
    """One line of a job's log."""

    timestamp: datetime
    level: str
    message: str


class ExistingPayload(Body):
    """What is shown of a point that was there before."""

    filename: str
    thumbnail_base64: str | None


class ExactDuplicate(Body):
    """A file whose content is stored under another path as well."""

    file_path: str
    existing_id: str
    existing_payload: ExistingPayload


class ProcessedDetails(Body):
    """What is known of a stored file."""

    caption: str | None
    full_path: str


class ProcessedFile(Body):
    """A file that is stored."""

    file: str
    source: Source
    details: ProcessedDetails


class FailedFile(Body):
    """A file that is not, and why."""

    file: str
    error: str
    details: str
    code: str


class Result(Body):
    """The report of a job that is over: at most 1,000 files of a kind; /ingest/jobs/{id}/files has all.

    For clients of the earlier service: among the failed files are those that are no pictures, and among the
    processed ones those whose content was stored before; `counts` has both among the skipped.
    """

    total_processed: int = Field(description="Stored files, those from the cache included")
    total_failed: int
    total_from_cache: int
    processed_files: list[ProcessedFile]
    failed_files: list[FailedFile]
    truncated: bool = Field(description="Whether files were left out")
    next: dict[str, str] = Field(
        description="By outcome, the cursor of the files left out; of skipped ones with code=unsupported_type"
    )


class CountsOut(Body):
    """Files by outcome; total = stored + failed + skipped once the job is over."""

    total: int
    stored: int
    from_cache: int
    failed: int
    skipped: int
    ignored: int
    in_flight: int


class JobOut(Body):
    """A job in a list."""

    job_id: Id = Field(examples=[JOB])
    collection: str | None
    directory_path: str | None = Field(examples=[PHOTOS])
    source: PointsIn | None = Field(None, description="The points whose files it goes through")
    want: list[Want] = Field(default_factory=lambda: [EMBEDDING])
    status: Literal["running", "completed", "failed"]
    state: JobState
    progress: float = Field(ge=0, le=100)
    counts: CountsOut
    error_counts: dict[str, int] = Field(description="Failed files by code")
    skipped_counts: dict[str, int] = Field(default_factory=dict, description="Skipped files by code")
    code: str | None
    error: str | None
    retry_of: Id | None
    labels: dict[str, str]
    library_id: Id | None = Field(None, description="The library whose scan it is")
    sync: SyncOut | None = Field(None, description="What a sync found")
    callback: CallbackOut | None = Field(None, description="Where its end is reported to, if anywhere")
    prune_pending: bool = Field(False, description="Whether points of gone files wait to be removed")
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class StatusOut(JobOut):
    """All that is known of a job. A cancelled one has failed by `status`; `state` is exact."""

    message: str
    logs: list[LogLineOut]
    errors: list[str]
    exact_duplicates: list[ExactDuplicate]
    exact_duplicates_count: int
    processed_files: int
    cached_files: int
    total_files: int
    rate: float = Field(description="Files a second, lately; over all once the job has ended")
    eta_seconds: float | None
    waiting_reason: str | None
    bottleneck: str | None = Field(
        None,
        description="Which stage most files wait for, while it runs; known some seconds after it is asked",
        examples=["the inferencer is the slowest stage: 1,204 files wait for it, and it does 35 a second"],
    )
    result: Result | None = None


class JobPage(Body):
    """Jobs, the newest first."""

    items: list[JobOut]
    next: str | None


class FileOut(Body):
    """What became of one file."""

    file: str
    id: str = Field(description="Empty for what was ignored")
    outcome: FileOutcome | Literal["ignored"]
    source: Source | None
    code: str | None
    error: str | None
    details: str | None
    caption: str | None
    existing_id: str | None
    alias_of: str | None = Field(None, description="The file that a skipped link stands for")
    rule: str | None = Field(None, description="Why something was ignored", examples=["exclude: *.png"])
    rule_count: int | None = Field(None, description="How many files and folders that rule passed over")


class FilePage(Body):
    """Files of a job."""

    items: list[FileOut]
    next: str | None
