"""Bodies about collections."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from libs.common.store.protocol import Distance
from services.gateway.api.models import Body, Id
from services.gateway.tasks.models import TASK, Status
from sluice.names import MOST_CHARACTERS, WORDS, canonical, is_name


def _new_name(name: str) -> str:
    if not is_name(canonical(name)):
        raise ValueError(f"use {WORDS}")
    return canonical(name)


NewName = Annotated[str, AfterValidator(_new_name), Field(min_length=1, max_length=MOST_CHARACTERS)]
"""Counted in its one form: decomposed it may be longer."""
Name = Annotated[str, AfterValidator(canonical)]
"""A collection that is there, in any Unicode form."""
POINT = "8d0e2f1a-2b1f-5f0e-9c3d-7a1b2c3d4e5f"


class Creation(Body):
    """A collection to make."""

    collection_name: NewName = Field(examples=["my_photo_collection"])
    vector_size: int | None = Field(None, ge=1, le=65536, description="Unset: QDRANT_VECTOR_SIZE")
    distance: Distance | None = Field(None, description="Unset: QDRANT_DISTANCE_METRIC")


class Created(Body):
    """A collection that was made."""

    status: str = "created"
    collection: str = Field(examples=["my_photo_collection"])


class Selection(Body):
    """A collection to make the active one."""

    collection_name: Name = Field(examples=["my_photo_collection"])


class Active(Body):
    """The active collection; null while none is selected."""

    active_collection: str | None = Field(examples=["my_photo_collection"])


class Selected(Body):
    """The active collection."""

    status: str = "selected"
    active_collection: str = Field(examples=["my_photo_collection"])


class Deleted(Body):
    """A collection that is gone."""

    status: str = "deleted"
    collection: str = Field(examples=["my_photo_collection"])


class CacheCleared(Body):
    """Whose cache entries are misses from when on."""

    collection: str = Field(examples=["my_photo_collection"])
    cleared_at: datetime


class Config(Body):
    """The shape of a collection."""

    vector_size: int = Field(examples=[512])
    distance: Distance = Field(examples=["Cosine"])


class SamplePoint(Body):
    """A point, for a first look."""

    id: str
    filename: str
    has_thumbnail: bool
    has_caption: bool


class CollectionOut(Body):
    """A collection's shape, counts and a few points."""

    name: str
    status: str = Field(examples=["green"])
    points_count: int
    vectors_count: int
    indexed_vectors_count: int
    config: Config
    sample_points: list[SamplePoint]
    is_active: bool
    model: str | None = Field(description="The model that filled it; null while it is empty")
    cache_cleared_at: datetime | None


class MergeRequest(Body):
    """Collections to add to another one."""

    dest_collection: NewName = Field(examples=["all_photos"])
    source_collections: list[Name] = Field(min_length=1, max_length=100, examples=[["summer", "winter"]])


class MergeTaken(Body):
    """A merge that will be done; see /tasks."""

    task_id: Id = Field(examples=[TASK])
    status: Status = "running"


class NewFromSelection(Body):
    """Points of a collection, for a new one."""

    new_collection_name: NewName = Field(examples=["best_of"])
    source_collection: Name = Field(examples=["all_photos"])
    point_ids: list[UUID] = Field(min_length=1, max_length=10_000, examples=[[POINT]])


class SelectionMade(Body):
    """A collection that was made; `missing` are the ids that the source does not have."""

    collection: str
    copied: int
    missing: list[str]
