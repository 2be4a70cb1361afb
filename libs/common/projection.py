"""The projection of a job's events: the one set of rules by which scanner and gateway fold them.

Pure. Events are folded in the order of their offsets, so every reader of a partition has the same job.
Outcomes are not counted here: which file has had one is known by the reader that keeps them.
"""

import hashlib
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from libs.common.errors import Code
from libs.common.events import (
    TERMINAL,
    Accepted,
    Callback,
    CallbackOf,
    CallbackReported,
    Compared,
    Finished,
    JobError,
    JobEvent,
    JobState,
    Listed,
    Outcomes,
    PointsSource,
    Rejected,
    StateChanged,
    SyncCounts,
    TaskEvent,
    Want,
)


class JobProjection(Struct, frozen=True, kw_only=True):
    """A job as its events have it so far.

    `found` and `ignored` count files; `listed` says that the listing is complete. `code` and `error` are
    those of the first error that no file escapes, then those of the terminal event. A `rejected` job has
    failed before it began; the same id may yet be accepted.
    """

    accepted: bool = False
    rejected: bool = False
    collection: str | None = None
    directory_path: str | None = None
    exclude: tuple[str, ...] = ()
    retry_of: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    state: JobState = "running"
    found: int = 0
    ignored: int = 0
    listed: bool = False
    code: Code | None = None
    error: str | None = None
    sync: SyncCounts | None = None
    library_id: str | None = None
    source: PointsSource | None = None
    want: tuple[Want, ...] = ("embedding",)
    seal: str | None = None
    callback_url: str | None = None
    callback: Callback | None = None

    @property
    def is_over(self) -> bool:
        """Whether the terminal event was seen."""
        return self.state in TERMINAL

    @property
    def callback_of(self) -> CallbackOf:
        """What is reported to its callback_url once it is over."""
        return "rejected" if self.rejected else "finished"


ProjectionT = TypeVar("ProjectionT", bound=JobProjection)


def project(job: ProjectionT, event: JobEvent) -> ProjectionT:
    """The job after its next event; after the first terminal one only the callback's state changes."""
    if ignored(job, event):
        return job
    if isinstance(event, Rejected):
        refused = replace(job, rejected=True, state="failed", code=event.code, error=event.error)
        return replace(refused, callback_url=event.callback_url)
    return _apply(job, event)


def ignored(job: JobProjection, event: JobEvent) -> bool:
    """Whether the event changes nothing.

    The job is over; another request under its id was refused; or it claims an end and is not of its owner.
    """
    if isinstance(event, Rejected):
        return job.accepted or job.is_over
    if isinstance(event, Finished) and not _is_proven(job, event):
        return True
    if isinstance(event, CallbackReported):
        if not job.is_over or event.of != job.callback_of:
            return True
        return job.callback is not None and job.callback.state != "pending"
    return job.is_over and not (job.rejected and isinstance(event, Accepted))


def seal_of(proof: str) -> str:
    """What a job shows of its owner's secret from its first event on: the SHA-256, in hexadecimal."""
    return hashlib.sha256(proof.encode()).hexdigest()


def _is_proven(job: JobProjection, event: Finished) -> bool:
    """Whether the job's owner wrote it. Jobs of releases without seals, and those of which no first event is
    left, take any.
    """
    return job.seal is None or (event.proof is not None and seal_of(event.proof) == job.seal)


def _apply(job: ProjectionT, event: JobEvent) -> ProjectionT:
    match event:
        case Accepted():
            return _accept(job, event)
        case Listed():
            return _list(job, event)
        case Compared(counts=counts):
            job = replace(job, sync=job.sync or counts)
        case StateChanged(state=state):
            job = replace(job, state=state)
        case JobError(code=code, error=error):
            job = replace(job, code=job.code or code, error=job.error or error)
        case Finished():
            return _finish(job, event)
        case CallbackReported(callback=callback):
            job = replace(job, callback=callback)
        case Outcomes() | TaskEvent() | Rejected():
            pass
    return job


def _accept(job: ProjectionT, event: Accepted) -> ProjectionT:
    if job.rejected:
        job = replace(job, rejected=False, state="running", code=None, error=None, callback=None)
    return replace(
        job,
        accepted=True,
        collection=event.collection,
        directory_path=event.directory_path,
        exclude=event.exclude,
        retry_of=event.retry_of,
        labels=event.labels,
        library_id=event.library_id,
        source=event.source,
        want=event.want,
        callback_url=event.callback_url,
        seal=job.seal if job.accepted else (job.seal or event.seal),
    )


def _list(job: ProjectionT, event: Listed) -> ProjectionT:
    if event.complete:
        return replace(job, listed=True, found=event.found, ignored=event.ignored)
    if job.listed:
        # A scanner that took the job over lists once more, from zero.
        return job
    return replace(job, found=max(job.found, event.found), ignored=max(job.ignored, event.ignored))


def _finish(job: ProjectionT, event: Finished) -> ProjectionT:
    """The scanner's totals count, so that a job whose first events are gone is reported correctly too."""
    return replace(
        job,
        state=event.state,
        listed=True,
        found=event.total,
        ignored=event.ignored,
        code=event.code or job.code,
        error=event.error or job.error,
    )
