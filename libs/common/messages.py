"""The bodies that travel between stages: internal ones in msgpack.

Unknown fields are ignored and every field added later has a default, so that two versions can run side
by side. Public bodies (JSON) are in `events`.
"""

from typing import Any, Literal, TypeVar

from msgspec import Struct, msgpack

from libs.common.errors import Code, SluiceError
from libs.common.events import TaskKind, Want
from libs.common.ids import Id
from libs.common.labels import Value
from libs.common.metadata import NOTHING, Kind, Metadata
from libs.common.sources.entries import Described
from libs.common.unreadable import UNREADABLE

VERSION = 1


class File(Struct, frozen=True, kw_only=True):
    """One file of one job, as every internal record carries it.

    `path` is what the operating system calls it; `file` is what people are shown. Sizes in bytes, times
    in nanoseconds since the epoch.
    """

    job_id: str
    file_id: Id
    collection: str
    generation: str
    path: bytes
    file: str
    size: int
    mtime_ns: int
    ctime_ns: int
    etag: str = ""
    force: bool = False
    caption: bool = True
    cache_cleared_at: float = 0.0
    """Seconds since the epoch: a cache entry older than this is a miss for this collection."""
    meta: dict[str, Value] = {}
    """What the request says of all files of the job, for the payload of their points."""
    given_caption: str | None = None
    """What a list of files says, in place of a model's caption."""
    offset: int | None = None
    """Where its bytes begin, where it is a part of another file."""
    described_by: tuple[Described, ...] = ()
    """What lies next to it in a bucket and describes it."""
    target: bytes | None = None
    """The file's path without symbolic links, where there is one on `path`."""
    root_length: int = 0
    """How many bytes of `path` are the scanned root."""
    sidecar: Metadata = NOTHING
    """What a file next to it says of it, which counts more than what it says itself."""
    trace: str = ""
    """The span that it comes from, as the header `traceparent` has it; empty: it is not traced."""
    export: Metadata = NOTHING
    """What the service that it was exported from knew of it, where nothing else says it."""
    adds: tuple[Want, ...] = ()
    """What is added to the file's point, which is there; empty: its whole point is made."""
    model: str | None = None
    """The model that embeds it, by the name that the ML service has for it; None: the one in use."""
    origin: str | None = None
    """The collection whose point named the file."""


class Content(Struct, frozen=True, kw_only=True):
    """What depends on a file's bytes alone, so that a copy of the file shares it.

    `width` and `height` are in pixels after the EXIF orientation; `exif` maps "Image Make" style names
    to text; `thumbnail` is a JPEG of at most 200 pixels a side.
    """

    sha256: str
    width: int
    height: int
    format: str
    mode: str
    exif: dict[str, str]
    thumbnail: bytes
    reading: int = 1
    """The version of what read the file: `imaging.normalise.READING`."""
    kind: Kind = "photo"
    metadata: Metadata = NOTHING
    note: str | None = None
    """What is wrong with the file, though its picture is whole."""


class Inference(Struct, frozen=True, kw_only=True):
    """What a model said of an image. `embedding` is little-endian float32."""

    embedding: bytes
    model: str
    caption: str | None = None
    tags: tuple[str, ...] = ()


class Description(Struct, frozen=True, kw_only=True):
    """What was read in a picture, or said of it, by models of their own. None: not looked for."""

    caption: str | None = None
    caption_model: str | None = None
    text: str | None = None
    text_model: str | None = None


class Record(Struct, frozen=True, kw_only=True):
    """What every record between stages has."""

    version: int = VERSION


class FileRecord(Record, frozen=True, kw_only=True):
    """A record about one file of one job."""

    file: File


class PathRecord(FileRecord, frozen=True, kw_only=True):
    """On `paths`: one file to look at."""


class ImageRecord(FileRecord, frozen=True, kw_only=True):
    """On `images`: a cache miss, on `captions`: a picture to describe; as one small upright RGB JPEG."""

    content: Content
    jpeg: bytes


class PointRecord(FileRecord, frozen=True, kw_only=True):
    """On `ml-results` (source batch_ml) and `points` (source cache): all that a point holds.

    With a `description` it is what is added to a point, and there is no inference.
    """

    content: Content
    inference: Inference
    source: Literal["batch_ml", "cache"]
    description: Description | None = None


class RemovedRecord(Record, frozen=True, kw_only=True):
    """On `removed`: points that a job's sync removed. `vectors` are little-endian float32, one a point."""

    job_id: str
    collection: str
    generation: str
    ids: tuple[str, ...]
    payloads: tuple[dict[str, Any], ...]
    vectors: tuple[bytes, ...]


class TaskRecord(Record, frozen=True, kw_only=True):
    """On `tasks`: work on a generation of a collection. `params` hold what the kind takes: see `tasks`."""

    task_id: str
    kind: TaskKind
    collection: str
    generation: str
    params: dict[str, Any]


RecordT = TypeVar("RecordT", bound=Record)

_encoder = msgpack.Encoder()


def encode(record: Struct) -> bytes:
    """The record in msgpack."""
    return _encoder.encode(record)


def decode(body: bytes, kind: type[RecordT]) -> RecordT:
    """The record in `body`; SluiceError undecodable_record if it is not one of version 1."""
    try:
        record = msgpack.decode(body, type=kind)
    except UNREADABLE as error:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"not a {kind.__name__}: {error}") from error
    if record.version != VERSION:
        raise SluiceError(
            Code.UNDECODABLE_RECORD, f"{kind.__name__} of version {record.version}, this reads {VERSION}"
        )
    return record
