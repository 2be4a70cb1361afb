"""What the system needs of a vector store, and nothing more.

Every call may raise UnavailableError(store_unavailable) when the store is away, which the caller retries,
and SluiceError(collection_not_found) when the collection does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:  # the dashboard and the settings know points, and have no numpy
    import numpy as np
    from numpy.typing import NDArray

Distance = Literal["Cosine", "Euclid", "Dot", "Manhattan"]
Payload = dict[str, Any]
Vector: TypeAlias = "Sequence[float] | NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Point:
    """One point to write: `id` is a UUID, `vector` holds float32 of the collection's size."""

    id: str
    vector: Vector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Record:
    """One point as it was read. `vector` is there only when it was asked for.

    `value` is that of the field that an order is by: a number, or an instant in ISO 8601 in UTC.
    """

    id: str
    payload: Payload
    vector: list[float] | None = None
    value: float | str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A hit of a search. `score` is the cosine similarity, whatever the collection's metric."""

    id: str
    score: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit of a ranking: a larger `score` is better, and scores of two rankings cannot be compared."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many points have this value of a field."""

    value: str | int | bool
    count: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What all vectors of a collection have in common."""

    vector_size: int
    distance: Distance


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
    gt: float | None = None
    lt: float | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """A condition on instants, as ISO 8601 with an offset; an absent bound is None."""

    gte: str | None = None
    lte: str | None = None
    gt: str | None = None
    lt: str | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within `metres` of one, in decimal degrees."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class Box:
    """All places between two meridians and two parallels, in decimal degrees.

    One whose west is greater than its east crosses the date line.
    """

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Words:
    """Words that a text must have: all of them, at least one, or one after another."""

    text: str
    how: Literal["all", "any", "phrase"] = "all"


Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Filter:
    """All conditions must hold. Of a field with a list of values, one of them must."""

    any_of: Mapping[str, Sequence[Scalar]] = field(default_factory=dict)
    """The field equals one of the values."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    dates: Mapping[str, Dates] = field(default_factory=dict)
    near: Mapping[str, Circle] = field(default_factory=dict)
    within: Mapping[str, Box] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    """Of fields with an index of kind text."""
    has: Sequence[str] = ()
    missing: Sequence[str] = ()
    """Fields that have a value, or none: absent, null or an empty list."""
    every: Sequence["Filter"] = ()
    either: Sequence["Filter"] = ()
    """At least one of these holds, if there are any."""
    none_of: Sequence["Filter"] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """By the values of a field that has an index of numbers or instants.

    `start`: a value that nothing wanted lies before. It saves the way there, and replaces no filter.
    """

    field: str
    descending: bool = False
    start: float | str | None = None


@dataclass(frozen=True, slots=True)
class NearRanking:
    """By nearness to a vector: all points. Scores are cosine similarities."""

    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class WordRanking:
    """By the words of a text field (BM25): points that have at least one of the words."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class FusedRanking:
    """By reciprocal rank of two rankings, the `depth` best of each: nearness to a vector, and words."""

    vector: Sequence[float]
    words: WordRanking
    depth: int


Ranking = NearRanking | WordRanking | FusedRanking


PayloadFields = Literal["all", "none"] | Sequence[str]
"""Which payload fields a read brings along: thumbnails are large, ask for what is shown."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What of a collection is listed, in what order, and what of it is shown."""

    collection: str
    order: Order
    where: Filter | None
    payload: PayloadFields


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last point of a page of a list, and its value; None where those that are left have none."""

    value: float | str | None
    id: str


@dataclass(frozen=True, slots=True)
class RankedBy:
    """A ranking of a collection, under a condition, without the point `but`; and what of it is shown."""

    collection: str
    ranking: Ranking
    where: Filter | None
    payload: PayloadFields
    but: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a ranking ended: the last hit, and how many hits there are up to it."""

    score: float
    id: str
    place: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of a ranking. `likeness` is the cosine similarity, None where only words were looked for."""

    id: str
    score: float
    payload: Payload
    likeness: float | None


@dataclass(frozen=True, slots=True)
class RankedPage:
    """A page of a ranking, and where it ended; None at the end of the ranking.

    `by_words`: whether words had a part in it. A fused ranking is one by nearness, with its scores, where no
    point has any of the words.
    """

    hits: list[Hit]
    next: Place | None
    by_words: bool


class Reads(Protocol):
    """The reads of a Store that `sorting` and `ranking` make pages of."""

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

    async def rank(
        self, name: str, ranking: Ranking, *, limit: int, where: Filter | None = None
    ) -> list[Ranked]:
        """The `limit` best points of the ranking, best first; points of equal score by id.

        Raises SluiceError store_too_old for a ranking by words where `can_rank` is False.
        """

    async def ordered(
        self,
        name: str,
        order: Order,
        *,
        limit: int,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[Record]:
        """The first points in this order; those of equal values in no promised order.

        Points without a value of the field are left out. `page` makes stable pages of it.
        """


class Store(Reads, Protocol):
    """A store of named collections of points, each with one unnamed vector."""

    async def collections(self) -> list[str]:
        """The names of all collections, sorted."""

    async def create(self, name: str, vector_size: int, distance: Distance) -> None:
        """Make an empty collection with the indexes of `points.fields`; collection_exists if taken."""

    async def ensure_indexes(self, name: str) -> list[str]:
        """Add the indexes of `points.fields` that the collection lacks, while it serves; their fields."""

    async def delete(self, name: str) -> None:
        """Remove the collection and all its points."""

    async def info(self, name: str) -> CollectionInfo:
        """The collection's shape and counts."""

    async def shape(self, name: str) -> Shape:
        """The collection's shape alone, which takes no counting."""

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Write the points; returns once they are durable. A point of the same id is replaced.

        Raises SluiceError vector_size_mismatch, and store_rejected for what the store will never take.
        """

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

    async def neighbours(
        self,
        name: str,
        ids: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        exact: bool = False,
    ) -> dict[str, list[Scored]]:
        """For each of these points its nearest others, best first, without payloads.

        Points that do not exist are left out. `exact`: without the index, where the store has one.
        """

    @property
    def has_index(self) -> bool:
        """Whether it finds what is near in an index, and so without a look at all points."""

    async def can_rank(self) -> bool:
        """Whether the store ranks by words; one that does not still filters by them."""

    async def page(
        self, wanted: Sorted, limit: int, after: Cursor | None = None, skipped: int = 0
    ) -> tuple[list[Record], Cursor | None]:
        """At most `limit` points behind `after` and `skipped` more, and the cursor of the next page.

        Pages together give every point once, those without a value last; see `sorting`.
        """

    async def ranked_page(
        self, wanted: RankedBy, limit: int, after: Place | None = None, skipped: int = 0
    ) -> RankedPage:
        """The hits behind `after`, or behind the first `skipped`; see `ranking`."""

    async def facet(
        self, name: str, field: str, *, limit: int, where: Filter | None = None
    ) -> list[FacetCount]:
        """The `limit` most frequent values of a field with an index, counted exactly; ties by value."""

    async def complete(self, name: str, field: str, additions: Mapping[str, Payload]) -> None:
        """Add to each of these points the payload given for its id, where it has no value of `field`."""

    async def set_payload(self, name: str, additions: Mapping[str, Payload]) -> None:
        """Set, on each of these points that exists, the fields given for its id; its others stay."""

    async def count(self, name: str, where: Filter | None = None) -> int:
        """How many points fulfil the filter, exactly."""

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points; those that do not exist are no error."""

    async def close(self) -> None:
        """Release connections, files and threads. No other call may follow."""
