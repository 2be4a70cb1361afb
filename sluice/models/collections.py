"""What the gateway answers about collections."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

OtherModel = Literal["filling", "previous"]
"""What a collection has next to what is searched: what is being filled, and what was before."""
Distance = Literal["Cosine", "Euclid", "Dot", "Manhattan"]


class Shape(Struct, frozen=True):
    """A collection's vectors."""

    vector_size: int
    distance: str


class CollectionInfo(Struct, frozen=True):
    """A collection's shape and counts."""

    name: str
    status: str
    points_count: int
    config: Shape
    is_active: bool
    model: str | None = None
    cache_cleared_at: datetime | None = None


class Active(Struct, frozen=True):
    """The active collection, if one is selected."""

    active_collection: str | None = None


class Collections(Struct, frozen=True):
    """All collections; `active` is the one that requests without a collection go to."""

    collections: list[str]
    active: str | None


class Held(Struct, frozen=True):
    """Vectors of one model; `filled_by` is the exact one, with its version."""

    model: str | None = None
    filled_by: str | None = None
    points: int = 0
    job_id: str | None = None


class CollectionModel(Struct, frozen=True):
    """What a collection is searched in, what is being filled for it, and what it held before."""

    collection: str
    present: Held
    filling: Held | None = None
    previous: Held | None = None
    duplicates_from: float | None = None
    """The likeness from which a search without a threshold takes two photos; None of an older gateway."""


class ModelTaken(Struct, frozen=True):
    """A change of the model that is under way; the job fills the collection."""

    collection: str
    model: str
    job_id: str


class CacheCleared(Struct, frozen=True):
    """Whose photos the next ingest processes again."""

    collection: str
    cleared_at: datetime


class Selected(Struct, frozen=True):
    """A collection that was made of points; `missing` are the ids that the source does not have."""

    collection: str
    copied: int
    missing: list[str] = []
