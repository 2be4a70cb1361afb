"""What the processor asks its decoder processes, and what they answer: small, plain, in msgpack.

Answers are msgpack and never pickles, so that a decoder taken over by a malicious file cannot make this
process run anything.
"""

from msgspec import Struct, msgpack

from libs.common.errors import Code
from libs.common.messages import Content, Inference
from libs.common.unreadable import UNREADABLE


class Request(Struct, frozen=True, kw_only=True):
    """Look at the file at `path`, last seen with this size (bytes) and mtime (ns since the epoch).

    `model` is the one whose cached results will do, None if none will; they must not be older than
    `cache_cleared_at` (seconds since the epoch), and have a caption if `caption`.
    """

    path: bytes
    size: int
    mtime_ns: int
    model: str | None = None
    caption: bool = True
    cache_cleared_at: float = 0.0


class Inspected(Struct, frozen=True, kw_only=True, tag=True):
    """The file was read: a cache hit has its `inference`, a miss its normalised `jpeg`."""

    size: int
    mtime_ns: int
    ctime_ns: int
    content: Content
    jpeg: bytes | None = None
    inference: Inference | None = None


class Changing(Struct, frozen=True, kw_only=True, tag=True):
    """The file is not as it was last seen; it is now of this size and mtime, and may be being written."""

    size: int
    mtime_ns: int


class Failed(Struct, frozen=True, kw_only=True, tag=True):
    """The file's final failure."""

    code: Code
    error: str


Reply = Inspected | Changing | Failed

_requests = msgpack.Decoder(Request)
_replies: msgpack.Decoder[Reply] = msgpack.Decoder(Reply)


def encode(message: Request | Reply) -> bytes:
    """The message as it crosses the process border."""
    return msgpack.encode(message)


def decode_request(body: bytes) -> Request:
    """The request in `body`."""
    return _requests.decode(body)


def decode_reply(body: bytes) -> Reply:
    """The reply in `body`; ValueError if it is none."""
    try:
        return _replies.decode(body)
    except UNREADABLE as error:
        raise ValueError(f"not a reply: {error}") from error
