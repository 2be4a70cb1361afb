"""The scanner's changelog: every accepted request and how far it got, on the compacted topic `scans`."""

import hashlib

import msgspec
from msgspec import Struct, msgpack

from libs.common import events
from libs.common.errors import Code, SluiceError
from libs.common.events import JobState, PointsSource, ScanRequest, Want
from libs.common.ids import Id
from libs.common.kafka.outgoing import Outgoing
from libs.common.projection import seal_of
from libs.common.topics import SCANS
from libs.common.unreadable import UNREADABLE

VERSION = 1


class Refusal(Struct, frozen=True, kw_only=True):
    """Why an accepted job can only fail."""

    code: Code
    error: str


class JobRecord(Struct, frozen=True, kw_only=True):
    """One job. Written at the partition number of its ingest record, so that both have one owner.

    `root` is the folder or file as the operating system names it; None where the job was refused before it
    was known. `shown_below` is what the names that people are shown leave out. `status_offset` is where the
    job's events begin in `status_partition` of job-status.
    `source` and `want` are those of the request, or of the one that it retries.
    `stored_in` and `model` are those of the generation (see Holding).
    `secret` is the proof that its terminal event has; empty in records of releases without one.
    `cache_cleared_at`, `accepted_at` (0 in records of releases without it) and `finished_at` are in seconds
    since the epoch.
    """

    job_id: Id
    request: ScanRequest
    fingerprint: str
    partition: int
    offset: int
    status_partition: int
    status_offset: int
    collection: str | None = None
    generation: str = ""
    cache_cleared_at: float = 0.0
    source: PointsSource | None = None
    want: tuple[Want, ...] = ("embedding",)
    stored_in: str | None = None
    model: str | None = None
    root: bytes | None = None
    shown_below: bytes = b""
    refusal: Refusal | None = None
    secret: str = ""
    accepted_at: float = 0.0
    state: JobState = "running"
    finished_at: float | None = None
    trace: str = ""
    """The span under which it was accepted, as the header `traceparent` has it; empty: it is not traced."""
    version: int = VERSION

    @property
    def seal(self) -> str | None:
        """What the job's first event shows of its secret."""
        return seal_of(self.secret) if self.secret else None

    @property
    def adds(self) -> bool:
        """Whether it adds to points that are there."""
        return "embedding" not in self.want

    @property
    def place(self) -> str:
        """What the store calls the job's collection."""
        return self.stored_in or self.collection or ""

    @property
    def over(self) -> bool:
        """Whether the job's terminal event has been written."""
        return self.state in events.TERMINAL


def fingerprint(request: ScanRequest) -> str:
    """Equal for two requests that ask for the same; hexadecimal.

    Leaves out the job id, which is compared apart, and the offset hint that the gateway adds.
    """
    requested = msgspec.structs.replace(request, job_id=None, retry_from=None)
    return hashlib.sha256(msgpack.encode(requested)).hexdigest()


def entry(record: JobRecord) -> Outgoing:
    """The record as it goes to `scans`."""
    return Outgoing(SCANS, record.job_id, msgpack.encode(record), partition=record.partition)


def tombstone(record: JobRecord) -> Outgoing:
    """What makes compaction forget the job."""
    return Outgoing(SCANS, record.job_id, None, partition=record.partition)


def decode(body: bytes) -> JobRecord:
    """The record in `body`; SluiceError undecodable_record if it is not one of version 1."""
    try:
        record = msgpack.decode(body, type=JobRecord)
    except UNREADABLE as error:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"not a job record: {error}") from error
    if record.version != VERSION:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"a job record of version {record.version}")
    return record
