"""Jobs as records: a request for `ingest`, a snapshot for `jobs`. Pure."""

import os
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from libs.common.events import (
    REQUEST_VERSION,
    VERSION,
    Counts,
    FileRequest,
    JobSnapshot,
    Prune,
    ScanRequest,
    encode,
)
from libs.common.ids import job_id_for_key
from libs.common.kafka.outgoing import Outgoing
from libs.common.labels import Value
from libs.common.topics import JOBS
from services.gateway.api.clock import utc
from services.gateway.view.fold import Job


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked request to ingest: `source` exists and may be read, `collection` exists."""

    source: bytes
    collection: str
    force: bool = False
    caption: bool = True
    idempotency_key: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Value] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    sync: bool = False
    prune: Prune = "auto"
    paths: tuple[str, ...] = ()
    callback_url: str | None = None
    files: tuple[FileRequest, ...] = ()

    @property
    def version(self) -> int:
        """Of the request: one that asks for more than version 1 could is refused by scanners of that time."""
        return REQUEST_VERSION if self.sync or self.exclude or self.paths or self.files else VERSION


def scan_request(submission: Submission, typed: str) -> ScanRequest:
    """The request for `ingest`, stamped with its job and its collection.

    It carries the path as the client `typed` it only where the real one has bytes that JSON cannot hold.
    """
    key = submission.idempotency_key
    path = os.fsdecode(submission.source)
    return ScanRequest(
        job_id=UUID(job_id_for_key(key)) if key else uuid4(),
        directory_path=path if _is_unicode(path) else typed,
        collection=submission.collection,
        force=submission.force,
        caption=submission.caption,
        labels=submission.labels,
        metadata=submission.metadata,
        version=submission.version,
        exclude=submission.exclude,
        sync=submission.sync,
        prune=submission.prune,
        paths=submission.paths,
        callback_url=submission.callback_url,
        files=submission.files,
    )


def snapshot(job: Job) -> Outgoing:
    """The job for `jobs`."""
    return Outgoing(JOBS, job.job_id, encode(job_snapshot(job)))


def job_snapshot(job: Job) -> JobSnapshot:
    """The job as other systems read it."""
    return JobSnapshot(
        job_id=job.job_id,
        collection=job.collection,
        state=job.state,
        counts=counts(job),
        error_counts=job.error_counts,
        skipped_counts=job.skipped_counts,
        library_id=job.library_id,
        created_at=utc(job.created_at),
        updated_at=utc(job.updated_at),
        finished_at=None if job.finished_at is None else utc(job.finished_at),
        code=job.code,
        error=job.error,
        as_of=job.as_of,
        directory_path=job.directory_path,
        retry_of=job.retry_of,
        labels=job.labels,
        callback=job.callback,
    )


def tombstone(job_id: str) -> Outgoing:
    """What makes compaction forget the job's snapshot."""
    return Outgoing(JOBS, job_id, None)


def counts(job: Job) -> Counts:
    """The job's files by outcome; `total` counts those that have one."""
    return Counts(
        total=job.done,
        stored=job.stored,
        from_cache=job.from_cache,
        failed=job.failed,
        skipped=job.skipped,
        ignored=job.ignored,
        in_flight=job.waiting,
    )


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
