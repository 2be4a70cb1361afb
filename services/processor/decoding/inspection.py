"""What the processor asks its decoder processes, and what they answer: small, plain, in msgpack.

Answers are msgpack and never pickles, so that a decoder taken over by a malicious file cannot make this
process run anything.
"""

from collections.abc import Sequence

from msgspec import Struct, msgpack

from libs.common.errors import Code
from libs.common.messages import Content, Inference
from libs.common.metadata import NOTHING, Metadata
from libs.common.sources.entries import Described
from libs.common.sources.source import Identity
from libs.common.unreadable import UNREADABLE

READY = b"ready"
"""A decoder's answer to the function that it is to run."""


class Request(Struct, frozen=True, kw_only=True):
    """Look at the file at `path`, last seen with this size (bytes) and mtime (ns since the epoch).

    `model` is the one whose cached results will do, None if none will; they must not be older than
    `cache_cleared_at` (seconds since the epoch), and have a caption if `caption`.
    `short_side`: pixels that the picture for the model has on its shorter side; None: those of the limits.

    The decoder gets the open file and never opens the path: as `descriptor` its place among those that come
    with the requests, then the descriptor there, which the inspection closes; or `refused`, why it has none.
    """

    path: bytes
    size: int
    mtime_ns: int
    model: str | None = None
    caption: bool = True
    cache_cleared_at: float = 0.0
    short_side: int | None = None
    etag: str = ""
    offset: int | None = None
    """What the listing knew of a file elsewhere, or of a part of a file; see File."""
    described_by: tuple[Described, ...] = ()
    """What lies next to it in a bucket, to be fetched with it."""
    copied: Identity | None = None
    """Of a file that was fetched: what its source says of it."""
    descriptor: int = -1
    refused: "Failed | None" = None
    xmp: bytes = b""
    takeout: bytes = b""
    """What lies next to the file and describes it: an XMP sidecar, the JSON of Google Takeout."""


class Took(Struct, frozen=True, array_like=True):
    """How long each step took over a file, in seconds."""

    read: float = 0.0
    hash: float = 0.0
    cache: float = 0.0
    decode: float = 0.0
    encode: float = 0.0


class Inspected(Struct, frozen=True, kw_only=True, tag=True):
    """The file was read: a cache hit has its `inference`, a miss its normalised `jpeg`."""

    size: int
    mtime_ns: int
    ctime_ns: int
    etag: str = ""
    content: Content
    jpeg: bytes | None = None
    inference: Inference | None = None
    sidecar: Metadata = NOTHING
    export: Metadata = NOTHING
    took: Took = Took()


class Changing(Struct, frozen=True, kw_only=True, tag=True):
    """The file is not as it was last seen; it is now of this size and mtime, and may be being written."""

    size: int
    mtime_ns: int


class Failed(Struct, frozen=True, kw_only=True, tag=True):
    """The file's final failure."""

    code: Code
    error: str


Reply = Inspected | Changing | Failed

_requests = msgpack.Decoder(list[Request])
_replies: msgpack.Decoder[list[Reply]] = msgpack.Decoder(list[Reply])


def encode(messages: Sequence[Request] | Sequence[Reply]) -> bytes:
    """Messages as they cross the process border together."""
    return msgpack.encode(messages)


def decode_requests(body: bytes) -> list[Request]:
    """The requests in `body`."""
    return _requests.decode(body)


def decode_replies(body: bytes | bytearray) -> list[Reply]:
    """The replies in `body`; ValueError if it holds something else."""
    try:
        return _replies.decode(body)
    except UNREADABLE as error:
        raise ValueError(f"no replies: {error}") from error
