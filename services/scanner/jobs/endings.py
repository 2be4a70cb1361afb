"""How a job begins and ends, in its events."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from aiokafka.structs import ConsumerRecord

from libs.common import events, ids
from libs.common.errors import Code, SluiceError
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.request import Facts, collection_gone


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


def refused_by_store(error: SluiceError) -> Ending:
    """How a job ends whose points the store does not give."""
    gone = error.code is Code.COLLECTION_NOT_FOUND
    return Ending("failed", Code.COLLECTION_GONE if gone else error.code, error.detail)


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
        gone = collection_gone(record.collection or "")
        return Ending("failed", gone.code, gone.error)
    return None


def _text(job_id: UUID | None) -> str | None:
    return None if job_id is None else str(job_id)
