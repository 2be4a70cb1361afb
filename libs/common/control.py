"""The `control` topic: few, small, compacted facts that every service holds in memory.

The record's key says what it is about (`active`, `model`, `model:<name>`, `collection:<name>`,
`filled:<name>`, `job:<id>`, `root:<hash>`, `labels:<name>`,
`library:<id>`), so that each subject
has one writer and a later record replaces an earlier one.
"""

from datetime import datetime
from hashlib import sha1
from typing import Literal

from msgspec import Struct, field, json
from msgspec.structs import replace

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


class Holding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the store has the points of one generation of a collection, and whose vectors these are.

    `stored_in` is the store's own name for them. `model` is the name that the ML service has for the model;
    None: the one in use. `job_id`: the job that fills it.
    """

    stored_in: str
    generation: str
    model: str | None = None
    job_id: str | None = None


class CollectionState(
    Struct, frozen=True, kw_only=True, tag="collection", tag_field="kind", omit_defaults=True
):
    """A collection as it was last set up.

    `generation` differs each time a collection of this name is made, so that work meant for a deleted one
    is recognised. `cache_cleared_at` is in seconds since the epoch. `stored_in` and `model` are as in
    Holding; no `stored_in`: the store calls it by its name. While another model fills it, `filling` is where
    its points go; `previous` is what it held before a model was changed.
    """

    name: str
    generation: str
    cache_cleared_at: float = 0.0
    stored_in: str | None = None
    model: str | None = None
    filling: Holding | None = None
    previous: Holding | None = None

    @property
    def present(self) -> Holding:
        """What it is searched in."""
        return Holding(stored_in=self.stored_in or self.name, generation=self.generation, model=self.model)

    @property
    def target(self) -> Holding:
        """Where new points go."""
        return self.filling or self.present

    def holding(self, generation: str) -> Holding | None:
        """Where points of that generation go; None: nowhere any more."""
        return next((each for each in (self.present, self.target) if each.generation == generation), None)


def switched(state: CollectionState) -> CollectionState:
    """The collection searched in what was filled for it; what it held before is kept."""
    if state.filling is None:
        return state
    return _presenting(replace(state, filling=None, previous=state.present), state.filling)


def switched_back(state: CollectionState) -> CollectionState:
    """The collection searched in what it held before; what it held until now is kept in its place."""
    if state.previous is None:
        return state
    return _presenting(replace(state, previous=state.present), state.previous)


def _presenting(state: CollectionState, held: Holding) -> CollectionState:
    return replace(state, generation=held.generation, stored_in=held.stored_in, model=held.model)


class FilledBy(Struct, frozen=True, kw_only=True, tag="filled", tag_field="kind"):
    """The model whose embeddings a generation of a collection holds; the upserter writes it.

    `name` is what the store calls it.
    """

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
    `requested`: the name by which it was requested; None: it is the one that answers where none is named.
    `duplicate_likeness`, `related_likeness`, `words_likeness`: the cosines from which two pictures are
    duplicates, two pictures show the like, and a picture shows what a text says; None: it does not say.
    """

    model: str
    dimension: int
    has_text: bool = False
    batch: int = 1
    input_side: int | None = None
    requested: str | None = None
    duplicate_likeness: float | None = None
    related_likeness: float | None = None
    words_likeness: float | None = None
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


class LibraryState(Struct, frozen=True, kw_only=True, tag="library", tag_field="kind", omit_defaults=True):
    """How a library is followed; the scanner that follows it writes it.

    `watching`: by the system's events, by polling, or not; `error` is why it cannot be followed now.
    `scanned_at`: when its last whole scan was asked for, in seconds since the epoch. `job_id`: its last job.
    """

    library_id: str
    followed_by: str
    watching: Literal["events", "polling", "off"] = "off"
    scanned_at: float | None = None
    job_id: str | None = None
    error: str | None = None


Control = (
    ActiveCollection
    | CollectionState
    | FilledBy
    | JobCommand
    | ModelInUse
    | ListedRoot
    | SyncedRoot
    | ClusterLabels
    | LibraryState
)

_decoder: json.Decoder[Control] = json.Decoder(Control)


def key_of(body: Control) -> str:  # noqa: PLR0911 (a case each)
    """The record key under which `body` replaces what was said before on the same subject."""
    match body:
        case ActiveCollection():
            return ACTIVE
        case ModelInUse(requested=requested):
            return model_key(requested)
        case CollectionState(name=name) | FilledBy(name=name) | ClusterLabels(name=name):
            return f"{body.__struct_config__.tag}:{name}"
        case JobCommand(job_id=job):
            return f"job:{job}"
        case LibraryState(library_id=library):
            return library_key(library)
        case ListedRoot(path=path):
            return f"root:{_digest(path)}"
        case SyncedRoot(collection=collection, path=path):
            return synced_key(collection, path)


def model_key(requested: str | None) -> str:
    """The key of what is known of a model; None: the one that answers where none is named."""
    return MODEL if requested is None else f"{MODEL}:{requested}"


def synced_key(collection: str, path: bytes) -> str:
    """The key of what is known of the last sync of a folder."""
    return f"synced:{collection}:{_digest(path)}"


def library_key(library_id: str) -> str:
    """The key of how a library is followed."""
    return f"library:{library_id}"


def _digest(path: bytes) -> str:
    return sha1(path, usedforsecurity=False).hexdigest()


def decode(body: bytes) -> Control:
    """The fact in `body`; SluiceError undecodable_record if it is none."""
    try:
        return _decoder.decode(body)
    except UNREADABLE as error:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"not a control record: {error}") from error
