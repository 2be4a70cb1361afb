"""What the scanner decides, without doing any of it: requests in, jobs and files out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from aiokafka.structs import ConsumerRecord

from libs.common import events, ids
from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError
from libs.common.events import Outcome, ScanRequest
from libs.common.kafka.outgoing import Headers, Outgoing, work
from libs.common.labels import Value
from libs.common.messages import File, PathRecord
from libs.common.points.fields import Fields
from libs.common.points.payload import VERSION
from libs.common.sources.entries import Alias, AlreadyStored, Extra, Found, Rejected
from libs.common.sources.source import UNKNOWN
from libs.common.topics import INGEST, PATHS
from services.scanner.jobs.changelog import JobRecord, Refusal, fingerprint
from services.scanner.listing.entries import Spooled

Stated = Mapping[bytes, Mapping[str, Value]]
"""Metadata of single files, by their absolute paths."""
NOTHING_STATED: Stated = MappingProxyType({})
RACY_S = 2.0
"""The coarsest clock of a file system: two writes this close may leave the same time behind."""


class Facts(Protocol):
    """What is known of collections; the control table is one."""

    def active(self) -> str | None:
        """The collection that requests without one go to."""

    def collection(self, name: str) -> CollectionState | None:
        """The collection's present generation."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request lies on ingest, and where its job's events will lie on job-status."""

    topic: str
    partition: int
    offset: int
    status_partition: int
    status_offset: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends. Files without an outcome get `outcome` and `code` when it ends before its time."""

    state: events.FinalState
    code: Code | None = None
    error: str | None = None

    @property
    def outcome(self) -> Literal["failed", "skipped"]:
        """What becomes of the files that are left: failed ones can be retried, cancelled ones were meant."""
        return "skipped" if self.state == "cancelled" else "failed"


CANCELLED = Ending("cancelled", Code.CANCELLED, "the job was cancelled")


def job_id_of(request: ScanRequest, topic: str, partition: int, offset: int) -> str:
    """The id that the request carries, or that its place on ingest gives it."""
    return str(request.job_id or ids.job_id_for_record(topic, partition, offset))


def at_home(job_id: str, request: ScanRequest, headers: Headers) -> Outgoing:
    """The request once more, under its job id as key and with the headers that it came with.

    Other systems may use any key. All requests for one job id must meet in one partition, whose owner
    knows the job: else the same id, sent with two keys, would run twice.
    """
    body = events.encode(msgspec.structs.replace(request, job_id=UUID(job_id)))
    return Outgoing(INGEST, job_id, body, headers=headers)


def is_repeat(job_id: str, request: ScanRequest, known: Mapping[str, str]) -> bool:
    """Whether `known` (job id to fingerprint) has this request; duplicate_job_id if it has another."""
    if job_id not in known:
        return False
    if known[job_id] != fingerprint(request):
        raise SluiceError(Code.DUPLICATE_JOB_ID, f"the job id {job_id} was used before, for another request")
    return True


def accept(
    job_id: str, request: ScanRequest, origin: Origin, facts: Facts, source: bytes | Refusal | JobRecord
) -> JobRecord:
    """The job that the request makes; where it can only fail, with the refusal that says why.

    `source` is the root to list, or why there is none, or the job to retry. A retry goes where the first
    attempt went: its files are known by the ids that they had there.
    """
    record = JobRecord(
        job_id=job_id,
        request=request,
        fingerprint=fingerprint(request),
        partition=origin.partition,
        offset=origin.offset,
        status_partition=origin.status_partition,
        status_offset=origin.status_offset,
        collection=request.collection or facts.active(),
        source=request.source,
        want=request.want,
    )
    if isinstance(source, JobRecord):
        record = msgspec.structs.replace(
            record,
            request=_retrying(request, source),
            collection=source.collection,
            source=source.source,
            want=source.want,
            shown_below=source.shown_below,
        )
        source = _root_of(source)
    return _located(record, facts, source)


def _root_of(retried: JobRecord) -> bytes | Refusal:
    if retried.root is None:
        return Refusal(code=Code.NOTHING_TO_RETRY, error="that job ended before it found any file")
    return retried.root


def _retrying(request: ScanRequest, retried: JobRecord) -> ScanRequest:
    """The request with what the job that it retries says: where it begins, labels, metadata, callback."""
    return msgspec.structs.replace(
        request,
        retry_from=retried.status_offset if request.retry_from is None else request.retry_from,
        labels=request.labels or retried.request.labels,
        metadata=request.metadata or retried.request.metadata,
        library_id=request.library_id or retried.request.library_id,
        callback_url=request.callback_url or retried.request.callback_url,
        files=request.files or retried.request.files,
    )


def _located(record: JobRecord, facts: Facts, source: bytes | Refusal) -> JobRecord:
    if record.collection is None:
        refusal = Refusal(code=Code.NO_COLLECTION_SELECTED, error="no collection is selected")
        return msgspec.structs.replace(record, refusal=refusal)
    state = facts.collection(record.collection)
    if state is None:
        return msgspec.structs.replace(record, refusal=_gone(record.collection))
    if isinstance(source, Refusal):
        return msgspec.structs.replace(record, refusal=source)
    # Adding to points is for those that are searched; all else fills what will be.
    goes_to = state.present if record.adds else state.target
    return msgspec.structs.replace(
        record,
        root=source,
        generation=goes_to.generation,
        stored_in=goes_to.stored_in,
        model=goes_to.model,
        cache_cleared_at=state.cache_cleared_at,
    )


def below_upload(record: JobRecord, uploads: bytes) -> JobRecord:
    """The job with names that leave out its folder, if that is an upload: `uploads`/<its own id>."""
    folder = uploads + b"/" + record.job_id.encode()
    return msgspec.structs.replace(record, shown_below=folder + b"/") if record.root == folder else record


def _gone(collection: str) -> Refusal:
    return Refusal(code=Code.COLLECTION_GONE, error=f"the collection {collection} does not exist any more")


def accepted(record: JobRecord) -> events.Accepted:
    """The event that opens the job."""
    return events.Accepted(
        job_id=record.job_id,
        collection=record.collection,
        partition=record.partition,
        offset=record.offset,
        directory_path=record.request.directory_path,
        retry_of=_text(record.request.retry_of),
        labels=record.request.labels,
        exclude=record.request.exclude,
        library_id=record.request.library_id,
        source=record.source,
        want=record.want,
        seal=record.seal,
        callback_url=record.request.callback_url,
    )


def refused(record: ConsumerRecord, error: SluiceError) -> events.Rejected:
    """The event that tells the sender of a refused request, under the id that the request names if it can."""
    body = record.value or b""
    named = events.job_id_in(body)
    return events.Rejected(
        job_id=str(named or ids.job_id_for_record(record.topic, record.partition, record.offset)),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        code=error.code,
        error=error.detail,
        callback_url=events.callback_url_in(body),
    )


def finished(record: JobRecord, ending: Ending, counts: events.Counts) -> events.Finished:
    """The job's terminal event; a code belongs to a job that failed."""
    failed = ending.state == "failed"
    return events.Finished(
        job_id=record.job_id,
        proof=record.secret or None,
        state=ending.state,
        total=counts.total,
        stored=counts.stored,
        from_cache=counts.from_cache,
        failed=counts.failed,
        skipped=counts.skipped,
        ignored=counts.ignored,
        code=ending.code if failed else None,
        error=ending.error if failed else None,
    )


def ending_of(record: JobRecord, facts: Facts) -> Ending | None:
    """How the job ends whatever its files do: it was refused, or its collection is not there any more."""
    if record.refusal is not None:
        return Ending("failed", record.refusal.code, record.refusal.error)
    state = facts.collection(record.collection or "")
    if state is None or state.holding(record.generation) is None:
        gone = _gone(record.collection or "")
        return Ending("failed", gone.code, gone.error)
    return None


def spooled(
    record: JobRecord, entry: Found | Alias | AlreadyStored | Rejected, stated: Stated = NOTHING_STATED
) -> Spooled:
    """The file as the spool keeps it; `stated` has what the request says of single files."""
    match entry:
        case Found():
            return Spooled(
                file_id=ids.file_id(record.collection or "", entry.path),
                path=entry.path,
                size=entry.size,
                mtime_ns=entry.mtime_ns,
                ctime_ns=entry.ctime_ns,
                target=entry.target,
                etag=entry.etag,
                extra=_extra(entry, stated),
            )
        case Alias(path, of):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path), path=path, code=Code.ALIAS, target=of
            )
        case AlreadyStored(path, existing_id):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path),
                path=path,
                code=Code.ALREADY_STORED,
                existing_id=existing_id,
            )
        case Rejected(path, error, details):
            return Spooled(
                file_id=ids.file_id(record.collection or "", path),
                path=path,
                code=error.code,
                error=error.detail,
                details=details,
            )


def only(record: JobRecord) -> tuple[bytes, ...]:
    """The paths, absolute, that the request is about; empty: all below the root."""
    named = record.request.paths or tuple(each.path for each in record.request.files)
    return tuple(_below(record, path) for path in named)


def stated(record: JobRecord) -> Stated:
    """What the request says of single files, by their absolute paths."""
    return {_below(record, each.path): each.metadata for each in record.request.files}


def _below(record: JobRecord, path: str) -> bytes:
    return (record.root or b"").rstrip(b"/") + b"/" + os.fsencode(path)


def _extra(entry: Found, stated: Stated) -> Extra:
    """What is known of the file beyond the job's metadata."""
    mine = stated.get(entry.path)
    return msgspec.structs.replace(entry.extra, meta={**mine, **entry.extra.meta}) if mine else entry.extra


def shown(record: JobRecord, path: bytes) -> str:
    """The file's name for people: relative to the job's folder where that is an upload's."""
    return ids.display_name(path.removeprefix(record.shown_below))


def path_record(record: JobRecord, file: Spooled, trace: str = "") -> Outgoing:
    """The file as work for the processor; `trace` is the span that it is sent under."""
    body = File(
        job_id=record.job_id,
        file_id=file.file_id,
        collection=record.collection or "",
        generation=record.generation,
        path=file.path,
        file=shown(record, file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        ctime_ns=file.ctime_ns,
        etag=file.etag,
        force=record.request.force,
        caption=record.request.caption and file.extra.caption is None,
        given_caption=file.extra.caption,
        offset=file.extra.offset,
        cache_cleared_at=record.cache_cleared_at,
        target=file.target,
        root_length=len(record.root or b""),
        meta=_meta(record, file),
        adds=record.want if record.adds else (),
        model=record.model,
        origin=None if record.source is None else record.source.collection,
        trace=trace,
    )
    return work(PATHS, PathRecord(file=body))


def rejected(record: JobRecord, file: Spooled) -> Outcome:
    """The outcome of a file that the listing refused, that is an alias of another, or known already."""
    if file.code is Code.ALIAS:
        return Outcome(
            file_id=file.file_id,
            file=shown(record, file.path),
            outcome="skipped",
            code=Code.ALIAS,
            error="A link to a file that is listed too",
            alias_of=shown(record, file.target or b""),
        )
    if file.code is Code.ALREADY_STORED:
        return Outcome(
            file_id=file.file_id,
            file=shown(record, file.path),
            outcome="skipped",
            code=Code.ALREADY_STORED,
            error="Its content is stored already: its bytes were not kept",
            existing_id=file.existing_id,
        )
    error = SluiceError(file.code or Code.INTERNAL, file.error or "")
    return events.failure(file.file_id, shown(record, file.path), error, file.details)


def from_cache(record: JobRecord, file: Spooled, caption: str | None) -> Outcome:
    """The outcome of a file whose stored point, with this caption, is still true."""
    return Outcome(
        file_id=file.file_id,
        file=shown(record, file.path),
        outcome="stored",
        source="cache",
        caption=caption,
    )


def left_over(record: JobRecord, file: Spooled, ending: Ending) -> Outcome:
    """The outcome of a file that the job's end came before."""
    return Outcome(
        file_id=file.file_id,
        file=shown(record, file.path),
        outcome=ending.outcome,
        code=ending.code,
        error=ending.error,
    )


def is_unchanged(record: JobRecord, file: Spooled, point: Fields, model: str) -> bool:
    """Whether the stored point (read with RESCAN) is what processing the file would give."""
    stored_at = point.stored_at or 0.0
    return (
        _is_as_stored(file, point, stored_at)
        and (point.generation, point.model, point.payload_version) == (record.generation, model, VERSION)
        and stored_at > record.cache_cleared_at
        and (bool(point.has_caption) or not record.request.caption)
        and (point.meta or {}) == (_meta(record, file) or point.meta or {})
        and file.extra.caption in (None, point.caption)
    )


def _meta(record: JobRecord, file: Spooled) -> dict[str, Value]:
    return {**record.request.metadata, **file.extra.meta}


def _is_as_stored(file: Spooled, point: Fields, stored_at: float) -> bool:
    """A file written within RACY_S of being stored may have changed without its times showing it."""
    has_etag = bool(file.etag or point.etag)
    quiet = has_etag or max(file.mtime_ns, file.ctime_ns) / 1e9 < stored_at - RACY_S
    return has_its_times(file, point) and quiet


def has_its_times(file: Spooled, point: Fields) -> bool:
    """Whether the point (read with RESCAN) has the present size and times, or etag, of the file."""
    if file.etag or point.etag:
        return file.etag != UNKNOWN and (point.size, point.etag) == (file.size, file.etag)
    return (point.size, point.mtime_ns, point.ctime_ns) == (file.size, file.mtime_ns, file.ctime_ns)


def is_described(record: JobRecord, point: Fields) -> bool:
    """Whether the stored point (read with RESCAN) has all that the job adds."""
    has = {"caption": point.caption_model, "text": point.text_model}
    return point.generation == record.generation and all(has[each] is not None for each in record.want)


def _text(job_id: UUID | None) -> str | None:
    return None if job_id is None else str(job_id)
