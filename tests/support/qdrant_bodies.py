"""Qdrant's REST bodies, as far as ServerStore sends and reads them."""

from typing import Any

from msgspec import Struct, convert

from libs.common.store.protocol import Box, Circle, Dates, Filter, Range, Scalar, Words


class Vectors(Struct):
    """The one unnamed vector of a collection."""

    size: int
    distance: str


class CreateCollection(Struct):
    vectors: Vectors


class CreateIndex(Struct):
    field_name: str
    field_schema: str | dict[str, Any]


class Batch(Struct):
    ids: list[str]
    vectors: list[list[float]]
    payloads: list[dict[str, Any]]


class Upsert(Struct):
    batch: Batch


RawFilter = dict[str, Any]
"""A filter as JSON has it: must, should and must_not, of conditions and further filters."""


class Retrieve(Struct):
    ids: list[str]
    with_payload: bool | list[str] = True
    with_vector: bool = False


class OrderBy(Struct):
    """What a scroll is ordered by."""

    key: str
    direction: str = "asc"
    start_from: float | str | None = None


class Scroll(Struct):
    limit: int = 10
    offset: str | None = None
    order_by: OrderBy | None = None
    filter: RawFilter | None = None
    with_payload: bool | list[str] = True
    with_vector: bool = False


class Query(Struct):
    """`query`: {nearest}, {text} of the field `using`, or {rrf} over what `prefetch` finds."""

    query: dict[str, Any]
    using: str | None = None
    prefetch: list["Query"] | None = None
    limit: int = 10
    offset: int = 0
    filter: RawFilter | None = None
    with_payload: bool | list[str] = False
    with_vector: bool = False


class QueryBatch(Struct):
    searches: list[Query]


class Count(Struct):
    filter: RawFilter | None = None
    exact: bool = True


class Facet(Struct):
    key: str
    limit: int = 10
    filter: RawFilter | None = None
    exact: bool = False


class SetPayload(Struct):
    payload: dict[str, Any]
    filter: RawFilter


class Operation(Struct):
    set_payload: SetPayload


class Operations(Struct):
    operations: list[Operation]


class DeletePoints(Struct):
    points: list[str]


def filter_of(raw: RawFilter | None) -> Filter | None:
    """The condition as the store's protocol has it; the reverse of what ServerStore does."""
    if raw is None:
        return None
    return Filter(
        every=[_condition(each) for each in raw.get("must") or ()],
        either=[_condition(each) for each in raw.get("should") or ()],
        none_of=[_condition(each) for each in raw.get("must_not") or ()],
    )


def fields_of(selected: bool | list[str]) -> Any:
    """The payload selection as the store's protocol has it."""
    if isinstance(selected, bool):
        return "all" if selected else "none"
    return [plain(path) for path in selected]


def plain(path: str) -> str:
    return path.removeprefix('"').removesuffix('"')


def _condition(raw: dict[str, Any]) -> Filter:  # noqa: PLR0911 - one return a kind
    if "is_empty" in raw:
        return Filter(missing=(plain(raw["is_empty"]["key"]),))
    if "key" not in raw:
        return filter_of(raw) or Filter()
    key = plain(raw["key"])
    if (match := raw.get("match")) is not None:
        return _match(key, match)
    if (bounds := raw.get("range")) is not None:
        if any(isinstance(value, str) for value in bounds.values()):
            return Filter(dates={key: convert(bounds, Dates)})
        return Filter(ranges={key: convert(bounds, Range)})
    if (circle := raw.get("geo_radius")) is not None:
        return Filter(near={key: Circle(**circle["center"], metres=circle["radius"])})
    box = raw["geo_bounding_box"]
    west, north = box["top_left"]["lon"], box["top_left"]["lat"]
    east, south = box["bottom_right"]["lon"], box["bottom_right"]["lat"]
    return Filter(within={key: Box(west, south, east, north)})


def _match(key: str, match: dict[str, Any]) -> Filter:
    for name, how in (("text", "all"), ("text_any", "any"), ("phrase", "phrase")):
        if name in match:
            return Filter(words={key: convert({"text": match[name], "how": how}, Words)})
    values: list[Scalar] = match["any"] if "any" in match else [match["value"]]
    return Filter(any_of={key: values})
