"""What EdgeStore and its engine process ask and answer: msgpack, in the frames of libs.common.children."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from msgspec import Struct, msgpack

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.points.field import Index
from libs.common.store.protocol import (
    Cursor,
    Distance,
    Filter,
    FusedRanking,
    NearRanking,
    Order,
    Payload,
    PayloadFields,
    Place,
    Ranking,
    Sorted,
    Vector,
    WordRanking,
)
from libs.common.store.vectors import as_matrix

Floats = bytes
"""Vectors as little-endian float32, one after another."""


class _Call(Struct, frozen=True, tag=True):
    pass


class Open(_Call, frozen=True):
    """The first call: over which collections, how long to wait for a process that still has them, and the
    indexes that each collection has.
    """

    root: bytes
    lock_patience_seconds: float
    indexes: dict[str, Index]


class Collections(_Call, frozen=True):
    """Asks for the names of all collections: list[str]."""


class Create(_Call, frozen=True):
    """Makes a collection."""

    name: str
    vector_size: int
    distance: Distance


class Delete(_Call, frozen=True):
    """Removes a collection."""

    name: str


class Info(_Call, frozen=True):
    """Asks for a CollectionInfo."""

    name: str


class Upsert(_Call, frozen=True):
    """Writes points: `vectors` holds those of all `ids`, in their order."""

    name: str
    ids: list[str]
    vectors: Floats
    payloads: list[Payload]


class Retrieve(_Call, frozen=True):
    """Asks for list[Record]."""

    name: str
    ids: list[str]
    payload: PayloadFields
    vectors: bool


class Scroll(_Call, frozen=True):
    """Asks for a page of records and the next `after`: tuple[list[Record], str | None]."""

    name: str
    limit: int
    after: str | None
    where: Filter | None
    payload: PayloadFields
    vectors: bool


class Search(_Call, frozen=True):
    """Asks for list[list[Scored]], one list a query."""

    name: str
    queries: int
    vectors: Floats
    limit: int
    offset: int
    where: Filter | None
    payload: PayloadFields


class How(Struct, frozen=True):
    """A ranking as it travels: by `vector`, by `words`, or by both, fused from the `depth` best of each."""

    vector: Floats | None
    words: WordRanking | None
    depth: int = 0

    @classmethod
    def of(cls, ranking: Ranking) -> "How":
        """The ranking, its vector as float32."""
        match ranking:
            case NearRanking(vector):
                return cls(floats([vector]), None)
            case WordRanking():
                return cls(None, ranking)
            case FusedRanking(vector, words, depth):
                return cls(floats([vector]), words, depth)

    def ranking(self) -> Ranking:
        """What `of` was given."""
        vector = [] if self.vector is None else np.frombuffer(self.vector, dtype="<f4").tolist()
        if self.words is None:
            return NearRanking(vector)
        return self.words if self.vector is None else FusedRanking(vector, self.words, self.depth)


class Rank(_Call, frozen=True):
    """Asks for list[Ranked]."""

    name: str
    how: How
    limit: int
    where: Filter | None


class RankedPage(_Call, frozen=True):
    """Asks for a RankedPage."""

    name: str
    how: How
    where: Filter | None
    payload: PayloadFields
    but: str | None
    limit: int
    after: Place | None
    skipped: int


class Page(_Call, frozen=True):
    """Asks for a page of a list: tuple[list[Record], Cursor | None]."""

    wanted: Sorted
    limit: int
    after: Cursor | None
    skipped: int


class Ordered(_Call, frozen=True):
    """Asks for list[Record]."""

    name: str
    order: Order
    limit: int
    where: Filter | None
    payload: PayloadFields


class Facet(_Call, frozen=True):
    """Asks for list[FacetCount]."""

    name: str
    field: str
    limit: int
    where: Filter | None


class Complete(_Call, frozen=True):
    """Adds payload to points that have no value of `field` (None: to all of them), by id."""

    name: str
    field: str | None
    additions: dict[str, Payload]


class MissingIndexes(_Call, frozen=True):
    """Asks for the fields without their index: list[str]."""

    name: str


class AddIndex(_Call, frozen=True):
    """Adds the index of one field."""

    name: str
    field: str


class GetShape(_Call, frozen=True):
    """Asks for a Shape."""

    name: str


class Count(_Call, frozen=True):
    """Asks for an int."""

    name: str
    where: Filter | None


class DeletePoints(_Call, frozen=True):
    """Removes points."""

    name: str
    ids: list[str]


Call = (
    Collections
    | Create
    | Delete
    | Info
    | GetShape
    | Upsert
    | Retrieve
    | Scroll
    | Search
    | Rank
    | RankedPage
    | Page
    | Ordered
    | Facet
    | Complete
    | MissingIndexes
    | AddIndex
    | Count
    | DeletePoints
)


WRITES = (Create, Delete, Upsert, Complete, AddIndex, DeletePoints)


class Failed(Struct, frozen=True):
    """Why the engine did not do it."""

    code: Code
    detail: str
    away: bool = False

    def error(self) -> SluiceError:
        """What the caller is to be raised."""
        return (UnavailableError if self.away else SluiceError)(self.code, self.detail)


ResultT = TypeVar("ResultT")


class Reply(Struct, Generic[ResultT], frozen=True):
    """The answer to one call, or why there is none."""

    result: ResultT | None = None
    failed: Failed | None = None


def floats(vectors: Sequence[Vector]) -> Floats:
    """The vectors, one after the other; raises as `as_matrix` does."""
    return as_matrix(vectors).astype("<f4").tobytes()


_encoder = msgpack.Encoder()
_calls: msgpack.Decoder[Call] = msgpack.Decoder(Call)
_opens = msgpack.Decoder(Open)


def encode(body: Struct) -> bytes:
    """`body` as it travels; raises TypeError, ValueError or OverflowError for what msgpack cannot hold."""
    return _encoder.encode(body)


def read_call(body: bytes) -> Call:
    """The call in a frame's body."""
    return _calls.decode(body)


def read_open(body: bytes) -> Open:
    """The first call in a frame's body."""
    return _opens.decode(body)
