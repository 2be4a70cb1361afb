"""The `control` topic: few, small, compacted facts that every service holds in memory.

The record's key says what it is about (`active`, `model`, `collection:<name>`, `filled:<name>`,
`job:<id>`, `root:<hash>`, `labels:<name>`), so that each subject
has one writer and a later record replaces an earlier one.
"""

from datetime import datetime
from hashlib import sha1
from typing import Literal

from msgspec import Struct, field, json

from libs.common.errors import Code, SluiceError
from libs.common.events import now
from libs.common.unreadable import UNREADABLE

ACTIVE = "active"
MODEL = "model"
LEAST_SIDE, MOST_SIDE = 200, 1024
"""Pixels: thumbnails are made from the picture for the model, and it travels in a record."""


class ActiveCollection(Struct, frozen=True, kw_only=True, tag="active", tag_field="kind"):
    """The collection that requests without one go to; None when there is none."""

    name: str | None
    at: datetime = field(default_factory=now)


class CollectionState(Struct, frozen=True, kw_only=True, tag="collection", tag_field="kind"):
    """A collection as its gateway last set it up.

    `generation` differs each time a collection of this name is made, so that work meant for a deleted one
    is recognised. `cache_cleared_at` is in seconds since the epoch.
    """

    name: str
    generation: str
    cache_cleared_at: float = 0.0


class FilledBy(Struct, frozen=True, kw_only=True, tag="filled", tag_field="kind"):
    """The model whose embeddings a generation of a collection holds; the upserter writes it."""

    name: str
    generation: str
    model: str


class JobCommand(Struct, frozen=True, kw_only=True, tag="job", tag_field="kind"):
    """What a person asked of a running job."""

    job_id: str
    action: Literal["pause", "resume", "cancel"]
    at: datetime = field(default_factory=now)


class ModelInUse(Struct, frozen=True, kw_only=True, tag="model", tag_field="kind"):
    """What the ML service reports, as the inferencer last saw it. `dimension` counts floats.

    `input_side`: pixels on a picture's shorter side that the model looks at; None: it does not say.
    """

    model: str
    dimension: int
    has_text: bool = False
    batch: int = 1
    input_side: int | None = None
    at: datetime = field(default_factory=now)

    @property
    def picture_side(self) -> int | None:
        """Pixels on the shorter side of the pictures that are made for it, as far as a record holds them."""
        return None if self.input_side is None else min(max(self.input_side, LEAST_SIDE), MOST_SIDE)


class ListedRoot(Struct, frozen=True, kw_only=True, tag="root", tag_field="kind"):
    """A folder that a job was given to list, as the operating system names it; the scanner writes it.

    Where SCAN_ROOTS is not set, files are read below these folders and nowhere else.
    """

    path: bytes


class ClusterLabels(Struct, frozen=True, kw_only=True, tag="labels", tag_field="kind"):
    """The names that people gave to the clusters in the map of a collection, by the cluster's number."""

    name: str
    labels: dict[int, str]


class SyncedRoot(Struct, frozen=True, kw_only=True, tag="synced", tag_field="kind"):
    """The file system that a folder was on when a sync last compared it with its points."""

    collection: str
    path: bytes
    place: str


Control = (
    ActiveCollection
    | CollectionState
    | FilledBy
    | JobCommand
    | ModelInUse
    | ListedRoot
    | SyncedRoot
    | ClusterLabels
)

_decoder: json.Decoder[Control] = json.Decoder(Control)


def key_of(body: Control) -> str:
    """The record key under which `body` replaces what was said before on the same subject."""
    match body:
        case ActiveCollection():
            return ACTIVE
        case ModelInUse():
            return MODEL
        case CollectionState(name=name) | FilledBy(name=name) | ClusterLabels(name=name):
            return f"{body.__struct_config__.tag}:{name}"
        case JobCommand(job_id=job):
            return f"job:{job}"
        case ListedRoot(path=path):
            return f"root:{_digest(path)}"
        case SyncedRoot(collection=collection, path=path):
            return synced_key(collection, path)


def synced_key(collection: str, path: bytes) -> str:
    """The key of what is known of the last sync of a folder."""
    return f"synced:{collection}:{_digest(path)}"


def _digest(path: bytes) -> str:
    return sha1(path, usedforsecurity=False).hexdigest()


def decode(body: bytes) -> Control:
    """The fact in `body`; SluiceError undecodable_record if it is none."""
    try:
        return _decoder.decode(body)
    except UNREADABLE as error:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"not a control record: {error}") from error
