"""What the system needs of a vector store, and nothing more.

Every call may raise UnavailableError(store_unavailable) when the store is away, which the caller retries,
and SluiceError(collection_not_found) when the collection does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Distance = Literal["Cosine", "Euclid", "Dot", "Manhattan"]
Payload = dict[str, Any]
Vector = Sequence[float] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Point:
    """One point to write: `id` is a UUID, `vector` holds float32 of the collection's size."""

    id: str
    vector: Vector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Record:
    """One point as it was read. `vector` is there only when it was asked for."""

    id: str
    payload: Payload
    vector: list[float] | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A hit of a search. `score` is the cosine similarity, whatever the collection's metric."""

    id: str
    score: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection's shape and how full it is."""

    name: str
    status: str
    vector_size: int
    distance: Distance
    points_count: int
    indexed_vectors_count: int


@dataclass(frozen=True, slots=True)
class Range:
    """A numeric condition; an absent bound is None."""

    gte: float | None = None
    lte: float | None = None


Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Filter:
    """All conditions must hold: a field equal to one of the values, or within the range."""

    any_of: Mapping[str, Sequence[Scalar]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)


PayloadFields = Literal["all", "none"] | Sequence[str]
"""Which payload fields a read brings along: thumbnails are large, ask for what is shown."""


class Store(Protocol):
    """A store of named collections of points, each with one unnamed vector."""

    async def collections(self) -> list[str]:
        """The names of all collections, sorted."""

    async def create(self, name: str, vector_size: int, distance: Distance) -> None:
        """Make an empty collection with keyword indexes on file_hash; collection_exists if taken."""

    async def delete(self, name: str) -> None:
        """Remove the collection and all its points."""

    async def info(self, name: str) -> CollectionInfo:
        """The collection's shape and counts."""

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Write the points; returns once they are durable. A point of the same id is replaced.

        Raises SluiceError vector_size_mismatch, and store_rejected for what the store will never take.
        """

    async def retrieve(
        self, name: str, ids: Sequence[str], *, payload: PayloadFields = "all", vectors: bool = False
    ) -> list[Record]:
        """The points of these ids that exist, in no promised order."""

    async def scroll(
        self,
        name: str,
        *,
        limit: int,
        after: str | None = None,
        where: Filter | None = None,
        payload: PayloadFields = "all",
        vectors: bool = False,
    ) -> tuple[list[Record], str | None]:
        """A page of points in id order, and the `after` of the next page (None at the end)."""

    async def search(
        self,
        name: str,
        vectors: Sequence[Sequence[float]],
        *,
        limit: int,
        offset: int = 0,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[list[Scored]]:
        """For each vector its nearest points, best first."""

    async def count(self, name: str, where: Filter | None = None) -> int:
        """How many points fulfil the filter, exactly."""

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points; those that do not exist are no error."""

    async def close(self) -> None:
        """Release connections, files and threads. No other call may follow."""
