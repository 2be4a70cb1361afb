"""Bodies of answers about jobs."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.common.events import CallbackState, FileOutcome, JobState, Source, Want
from services.gateway.api.models import Body, Id
from services.gateway.jobs.request_models import EMBEDDING, PHOTOS, PointsIn

JOB = "a5502559-d7c1-4b4d-a83b-b557ad5590c6"


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


class GoneFile(Body):
    """A file that is gone, and the point that is left of it."""

    id: str
    file: str


class GonePage(Body):
    """Gone files whose points wait."""

    items: list[GoneFile]
    next: str | None


class FilePage(Body):
    """Files of a job."""

    items: list[FileOut]
    next: str | None
