"""A folded job as clients read it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from libs.common.callbacks import shown_url
from libs.common.errors import Code
from libs.common.events import Callback, IgnoredBy, Outcome
from libs.common.points.fields import Fields
from libs.common.store.protocol import Payload
from services.gateway.api.clock import utc
from services.gateway.jobs import models as out
from services.gateway.jobs import records
from services.gateway.jobs.reader import Report
from services.gateway.jobs.request_models import PointsIn
from services.gateway.view.fold import Job


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A copy at `path`, and what is shown of the file that is kept."""

    path: str
    keeper_id: str
    payload: Payload


def job_out(job: Job) -> out.JobOut:
    """The job as a list shows it."""
    return out.JobOut(
        job_id=job.job_id,
        collection=job.collection,
        directory_path=job.directory_path,
        source=None if job.source is None else PointsIn(**structs.asdict(job.source)),
        want=list(job.want),
        status="completed" if job.state == "completed" else "failed" if job.is_over else "running",
        state=job.state,
        progress=round(job.progress, 1),
        counts=_counts(job),
        error_counts=job.error_counts,
        skipped_counts=job.skipped_counts,
        library_id=job.library_id,
        code=job.code,
        error=job.error,
        retry_of=job.retry_of,
        labels=job.labels,
        sync=None if job.sync is None else out.SyncOut.model_validate(job.sync, from_attributes=True),
        callback=_callback(job),
        prune_pending=job.sync is not None and job.sync.pending > 0,
        created_at=utc(job.created_at),
        updated_at=utc(job.updated_at),
        finished_at=None if job.finished_at is None else utc(job.finished_at),
    )


def status_out(
    report: Report, now: float, waiting: str | None, duplicates: Sequence[Duplicate]
) -> out.StatusOut:
    """The job's status at `now` (seconds since the epoch).

    `waiting` is why the stages wait, if they do; `duplicates` are some of the copies among its files.
    """
    job = report.job
    reason = _waiting_reason(job, waiting)
    rate = _rate(job, now)
    return out.StatusOut(
        **job_out(job).model_dump(),
        message=_message(job, reason),
        logs=[_log(*line) for line in report.log],
        errors=_errors(report),
        exact_duplicates=[_duplicate(each) for each in duplicates],
        exact_duplicates_count=job.duplicates,
        processed_files=job.stored + job.already_stored,
        cached_files=job.from_cache + job.already_stored,
        total_files=job.total,
        rate=round(rate, 3),
        eta_seconds=_eta(job, rate),
        waiting_reason=reason,
        result=_result(report) if job.is_over else None,
    )


def file_out(outcome: Outcome) -> out.FileOut:
    """One file's outcome."""
    fields = structs.asdict(outcome)
    return out.FileOut(id=fields.pop("file_id"), **fields)


def ignored_out(found: Sequence[IgnoredBy]) -> list[out.FileOut]:
    """What was passed over: a few names of each rule."""
    return [
        out.FileOut(
            file=name, id="", outcome="ignored", source=None, code=None, error=None, details=None,
            caption=None, existing_id=None, rule=each.rule, rule_count=each.count,
        )
        for each in found
        for name in each.sample
    ]  # fmt: skip


def _counts(job: Job) -> out.CountsOut:
    return out.CountsOut(**structs.asdict(records.counts(job)))


def _callback(job: Job) -> out.CallbackOut | None:
    if job.callback_url is None and job.callback is None:
        return None
    url = shown_url(job.callback_url) if job.callback_url else None
    return out.CallbackOut(url=url, **structs.asdict(job.callback or Callback()))


def _waiting_reason(job: Job, waiting: str | None) -> str | None:
    if job.is_over:
        return None
    return waiting if job.accepted else waiting or "waiting for a scanner"


def _message(job: Job, waiting: str | None) -> str:
    done = f"{job.done} of {job.total} files done"
    if job.state == "completed":
        known = f", {job.already_stored} stored before" if job.already_stored else ""
        return f"Completed: {job.stored} stored ({job.from_cache} from the cache){known}, {job.failed} failed"
    if job.state == "cancelled":
        return f"Cancelled: {job.stored} stored, {job.failed} failed, {job.skipped} of {job.total} not done"
    if job.is_over:
        return f"{job.state.capitalize()}: {job.error}" if job.error else f"{job.state.capitalize()}: {done}"
    if waiting:
        return f"{done}; {waiting}" if job.accepted else waiting
    if not job.listed:
        return f"Listing: {job.found} files found so far, {job.done} done"
    return f"{job.state.capitalize()}: {done}"


def _log(at: float, level: str, message: str) -> out.LogLineOut:
    return out.LogLineOut(timestamp=utc(at), level=level, message=message)


def _errors(report: Report) -> list[str]:
    """The job's own errors, then the first failed files'."""
    own = [line.message for line in report.log if line.level == "ERROR"]
    return own + [f"{failed.file}: {failed.error}" for failed in report.failures]


def _full_path(job: Job, file: str) -> str:
    """The whole path: an upload's files are shown relative to its folder."""
    return file if file.startswith("/") or not job.directory_path else f"{job.directory_path}/{file}"


def _duplicate(found: Duplicate) -> out.ExactDuplicate:
    keeper = Fields(found.payload)
    return out.ExactDuplicate(
        file_path=found.path,
        existing_id=found.keeper_id,
        existing_payload=out.ExistingPayload(
            filename=keeper.filename or found.keeper_id, thumbnail_base64=keeper.thumbnail_base64
        ),
    )


def _rate(job: Job, now: float) -> float:
    if job.finished_at is None:
        return job.rate.per_second(now)
    return job.done / max(job.finished_at - job.created_at, 0.001)


def _eta(job: Job, rate: float) -> float | None:
    """Seconds; None while the total or the rate is not known."""
    if job.is_over:
        return 0.0
    if not job.listed or rate < 0.001 or job.state != "running":
        return None
    return round((job.total - job.done) / rate, 1)


def _result(report: Report) -> out.Result:
    job = report.job
    pages = {"stored": report.stored, "failed": report.failed, "skipped": report.no_pictures}
    cursors = {outcome: cursor for outcome, (_, cursor) in pages.items() if cursor}
    return out.Result(
        total_processed=job.stored + job.already_stored,
        total_failed=job.failed + job.skipped_counts.get(Code.UNSUPPORTED_TYPE, 0),
        total_from_cache=job.from_cache + job.already_stored,
        processed_files=[_processed(job, outcome) for outcome in (*report.stored[0], *report.known[0])],
        failed_files=[_failed(outcome) for outcome in (*report.failed[0], *report.no_pictures[0])],
        truncated=bool(cursors) or bool(report.known[1]) or not job.kept,
        next=cursors,
    )


def _processed(job: Job, outcome: Outcome) -> out.ProcessedFile:
    details = out.ProcessedDetails(caption=outcome.caption, full_path=_full_path(job, outcome.file))
    known = "cache" if outcome.code is Code.ALREADY_STORED else "batch_ml"
    return out.ProcessedFile(file=outcome.file, source=outcome.source or known, details=details)


def _failed(outcome: Outcome) -> out.FailedFile:
    return out.FailedFile(
        file=outcome.file,
        error=outcome.error or "",
        details=outcome.details or "",
        code=str(outcome.code or ""),
    )
