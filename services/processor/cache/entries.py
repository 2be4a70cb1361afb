"""What the cache holds of one content: everything that depends on its bytes and on the model alone."""

from msgspec import Struct, msgpack

from libs.common.messages import Content, Inference
from libs.common.unreadable import UNREADABLE

VERSION = 1


class Entry(Struct, frozen=True, kw_only=True):
    """One content as a model saw it. `captioned`: a caption was asked for, and is there if the model
    writes any. `stored_at` is in seconds since the epoch.
    """

    content: Content
    inference: Inference
    captioned: bool
    stored_at: float
    version: int = VERSION


def key_of(sha256: str, model: str, captioned: bool) -> str:
    """The key under which an entry is found."""
    return f"{sha256}:{int(captioned)}:{model}"


def key_of_entry(entry: Entry) -> str:
    """The key under which `entry` belongs."""
    return key_of(entry.content.sha256, entry.inference.model, entry.captioned)


def encode(entry: Entry) -> bytes:
    """The entry as it lies in the cache."""
    return msgpack.encode(entry)


def decode(value: bytes) -> Entry | None:
    """The entry in `value`; None if this release cannot read it."""
    try:
        entry = msgpack.decode(value, type=Entry)
    except UNREADABLE:
        return None
    return entry if entry.version == VERSION else None
