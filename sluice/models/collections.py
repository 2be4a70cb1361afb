"""What the gateway answers about collections."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

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


class CacheCleared(Struct, frozen=True):
    """Whose photos the next ingest processes again."""

    collection: str
    cleared_at: datetime


class Selected(Struct, frozen=True):
    """A collection that was made of points; `missing` are the ids that the source does not have."""

    collection: str
    copied: int
    missing: list[str] = []
