"""Requests of other systems, and the jobs that they make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import msgspec

from libs.common import events, ids
from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError
from libs.common.events import ScanRequest
from libs.common.kafka.outgoing import Headers, Outgoing
from libs.common.topics import INGEST
from services.scanner.jobs.changelog import JobRecord, Refusal, fingerprint


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
        return msgspec.structs.replace(record, refusal=collection_gone(record.collection))
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


def collection_gone(collection: str) -> Refusal:
    """Why nothing can be stored for the job any more."""
    return Refusal(code=Code.COLLECTION_GONE, error=f"the collection {collection} does not exist any more")
