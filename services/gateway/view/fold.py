"""The gateway's job: the projection of its events, with the counts and times that clients read.

Pure. A replica that folds the same partition arrives at the same job, however often it starts over.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from libs.common.errors import Code
from libs.common.events import (
    Accepted,
    FileOutcome,
    Finished,
    JobEvent,
    JobSnapshot,
    Outcome,
    Outcomes,
    Rejected,
    ScanRequest,
)
from libs.common.projection import JobProjection, ignored, project
from services.gateway.view.rate import Rate

ALMOST = 99.9
"""The most that the progress of a job without its terminal event says."""

BEGINNINGS = (Accepted, Rejected, Finished)
"""The events that show a job that was not known."""


class Job(JobProjection, frozen=True, kw_only=True):
    """A job as of offset `as_of` of its `partition` of job-status; -1 before its first event.

    Times are broker times in seconds since the epoch.
    `kept` is False where the job's events are gone and only its last snapshot is known.
    """

    job_id: str
    created_at: float
    updated_at: float
    as_of: int = -1
    partition: int = 0
    stored: int = 0
    from_cache: int = 0
    failed: int = 0
    skipped: int = 0
    duplicates: int = 0
    error_counts: dict[str, int] = msgspec.field(default_factory=dict)
    skipped_counts: dict[str, int] = msgspec.field(default_factory=dict)
    rate: Rate = Rate()
    progress: float = 0.0
    finished_at: float | None = None
    kept: bool = True

    @property
    def done(self) -> int:
        """Files that have their outcome."""
        return self.stored + self.failed + self.skipped

    @property
    def already_stored(self) -> int:
        """Of those skipped, the files of an upload whose content was stored before."""
        return self.skipped_counts.get(Code.ALREADY_STORED, 0)

    @property
    def total(self) -> int:
        """Files known to belong to the job: never fewer than are done."""
        return max(self.found, self.done)

    @property
    def owes_callback(self) -> bool:
        """Whether its end, or its refusal, is yet to be reported to the URL that its request names."""
        open_ = self.callback is None or self.callback.state == "pending"
        begun = self.accepted or self.rejected
        return self.is_over and begun and self.callback_url is not None and open_

    @property
    def waiting(self) -> int:
        """Files that have yet to get their outcome; 0 once the job is over."""
        return 0 if self.is_over else self.total - self.done


def requested(job: Job | None, job_id: str, request: ScanRequest, at: float) -> Job:
    """The job once its ingest record was seen, which may be before or after its first events."""
    if job is None:
        job = Job(job_id=job_id, created_at=at, updated_at=at)
    job = msgspec.structs.replace(job, created_at=min(job.created_at, at))
    if job.accepted or job.is_over or job.directory_path or job.retry_of or job.source:
        return job
    return msgspec.structs.replace(
        job,
        collection=request.collection,
        directory_path=request.directory_path,
        retry_of=str(request.retry_of) if request.retry_of else None,
        labels=request.labels,
        library_id=request.library_id,
        source=request.source,
        want=request.want,
        callback_url=request.callback_url,
    )


def ignores(job: Job | None, event: JobEvent, offset: int) -> bool:
    """Whether an event at `offset` changes nothing: it was folded before, the job is over, or there is none.

    A job begins with its request or its Accepted event. Where the topic was trimmed, its terminal event
    shows it. Any other event of an unknown job is of none that the scanner took on.
    """
    if job is None:
        return not isinstance(event, BEGINNINGS)
    return offset <= job.as_of or ignored(job, event)


def fold(job: Job | None, event: JobEvent, offset: int, at: float, fresh: Sequence[Outcome] = ()) -> Job:
    """The job after `event`, which the broker took at `at`.

    `fresh` holds those outcomes of the event whose file id has had none in this job before: they are known
    by the caller, which keeps the outcomes.
    """
    if job is not None and (offset <= job.as_of or ignored(job, event)):
        return job
    before = job or Job(job_id=event.job_id, created_at=at, updated_at=at)
    after = _counted(project(before, event), event, fresh, at)
    after = msgspec.structs.replace(after, as_of=offset, updated_at=max(at, before.updated_at))
    return msgspec.structs.replace(after, progress=max(before.progress, _progress(after)))


def restored(snapshot: JobSnapshot) -> Job:
    """The job of a terminal snapshot whose events are gone."""
    counts = snapshot.counts
    return Job(
        job_id=snapshot.job_id,
        created_at=snapshot.created_at.timestamp(),
        updated_at=snapshot.updated_at.timestamp(),
        finished_at=(snapshot.finished_at or snapshot.updated_at).timestamp(),
        as_of=snapshot.as_of,
        collection=snapshot.collection,
        directory_path=snapshot.directory_path,
        retry_of=snapshot.retry_of,
        labels=snapshot.labels,
        accepted=True,
        state=snapshot.state,
        found=counts.total,
        ignored=counts.ignored,
        listed=True,
        stored=counts.stored,
        from_cache=counts.from_cache,
        failed=counts.failed,
        skipped=counts.skipped,
        error_counts=snapshot.error_counts,
        skipped_counts=snapshot.skipped_counts,
        library_id=snapshot.library_id,
        progress=100.0 if snapshot.state == "completed" else 0.0,
        code=snapshot.code,
        error=snapshot.error,
        callback=snapshot.callback,
        kept=False,
    )


def _counted(job: Job, event: JobEvent, fresh: Sequence[Outcome], at: float) -> Job:
    """The projected job with the counts of the event."""
    match event:
        case Outcomes():
            return _count(job, fresh, at)
        case Finished():
            return _total(job, event, at)
        case Rejected():
            return msgspec.structs.replace(job, finished_at=at)
        case Accepted():
            return msgspec.structs.replace(job, finished_at=None)
    return job


def _count(job: Job, fresh: Sequence[Outcome], at: float) -> Job:
    outcomes = Counter(item.outcome for item in fresh)
    return msgspec.structs.replace(
        job,
        stored=job.stored + outcomes["stored"],
        failed=job.failed + outcomes["failed"],
        skipped=job.skipped + outcomes["skipped"],
        from_cache=job.from_cache + sum(i.outcome == "stored" and i.source == "cache" for i in fresh),
        duplicates=job.duplicates + sum(is_copy(i) for i in fresh),
        error_counts=_by_code(job.error_counts, fresh, "failed"),
        skipped_counts=_by_code(job.skipped_counts, fresh, "skipped"),
        rate=job.rate.after(len(fresh), at) if fresh else job.rate,
    )


def _by_code(before: dict[str, int], fresh: Sequence[Outcome], outcome: FileOutcome) -> dict[str, int]:
    codes = Counter(before)
    codes.update(str(item.code) for item in fresh if item.code is not None and item.outcome == outcome)
    return dict(codes)


def is_copy(item: Outcome) -> bool:
    """Whether another file of its content is stored too: an upload that was not kept is no copy."""
    return item.existing_id is not None and item.code is not Code.ALREADY_STORED


def _total(job: Job, event: Finished, at: float) -> Job:
    """The scanner's totals count, so that a job whose first events are gone is reported correctly too."""
    return msgspec.structs.replace(
        job,
        finished_at=at,
        stored=event.stored,
        from_cache=event.from_cache,
        failed=event.failed,
        skipped=event.skipped,
    )


def _progress(job: Job) -> float:
    """Percent; 0 until the listing is complete, because a growing total would make it go back."""
    if job.state == "completed":
        return 100.0
    if not job.listed or job.total == 0:
        return 0.0
    return min(ALMOST, 100.0 * job.done / job.total)
