"""Qdrant's REST bodies, as far as ServerStore sends and reads them."""

from typing import Any

from msgspec import Struct

from libs.common.store.protocol import Filter, Range, Scalar


class Vectors(Struct):
    """The one unnamed vector of a collection."""

    size: int
    distance: str


class CreateCollection(Struct):
    vectors: Vectors


class CreateIndex(Struct):
    field_name: str
    field_schema: str


class Batch(Struct):
    ids: list[str]
    vectors: list[list[float]]
    payloads: list[dict[str, Any]]


class Upsert(Struct):
    batch: Batch


class Bounds(Struct):
    gte: float | None = None
    lte: float | None = None


class Match(Struct):
    any: list[str | int] | None = None
    value: Scalar | None = None


class Field(Struct):
    """Either a condition on a field, or a group of which one must hold."""

    key: str = ""
    match: Match | None = None
    range: Bounds | None = None
    should: list["Field"] = []


class Must(Struct):
    must: list[Field]


class Retrieve(Struct):
    ids: list[str]
    with_payload: bool | list[str] = True
    with_vector: bool = False


class Scroll(Struct):
    limit: int = 10
    offset: str | None = None
    filter: Must | None = None
    with_payload: bool | list[str] = True
    with_vector: bool = False


class Nearest(Struct):
    """How the client writes a vector to search for."""

    nearest: list[float]


class Query(Struct):
    query: Nearest
    limit: int = 10
    offset: int = 0
    filter: Must | None = None
    with_payload: bool | list[str] = False
    with_vector: bool = False


class QueryBatch(Struct):
    searches: list[Query]


class Count(Struct):
    filter: Must | None = None
    exact: bool = True


class DeletePoints(Struct):
    points: list[str]


def filter_of(must: Must | None) -> Filter | None:
    """The condition as the store's protocol has it; the reverse of what ServerStore does."""
    if must is None:
        return None
    any_of = {_plain(group.should[0].key): _values(group.should) for group in must.must if group.should}
    ranges = {
        _plain(field.key): Range(field.range.gte, field.range.lte)
        for field in must.must
        if field.range is not None
    }
    return Filter(any_of=any_of, ranges=ranges)


def fields_of(selected: bool | list[str]) -> Any:
    """The payload selection as the store's protocol has it."""
    if isinstance(selected, bool):
        return "all" if selected else "none"
    return [_plain(path) for path in selected]


def _values(fields: list[Field]) -> list[Scalar]:
    values: list[Scalar] = []
    for field in fields:
        if field.range is not None and field.range.gte is not None:
            values.append(field.range.gte)
        elif field.match is not None:
            values += field.match.any if field.match.any is not None else [field.match.value or False]
    return values


def _plain(path: str) -> str:
    return path.removeprefix('"').removesuffix('"')
