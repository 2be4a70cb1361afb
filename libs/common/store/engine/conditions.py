"""Filters and payload selections in the engine's own types."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TypeAlias

import numpy as np
import qdrant_edge as edge

from libs.common.store.filters import Values, by_kind, parts_of, path_of
from libs.common.store.protocol import Box, Circle, Filter, PayloadFields, Words

_Condition: TypeAlias = (
    edge.FieldCondition
    | edge.IsEmptyCondition
    | edge.IsNullCondition
    | edge.HasIdCondition
    | edge.HasVectorCondition
    | edge.NestedCondition
    | edge.Filter
)


def condition_of(where: Filter | None) -> edge.Filter | None:
    """The engine's filter: all conditions must hold."""
    if where is None:
        return None
    either: list[_Condition] = [_nested(each) for each in where.either]
    none_of = [edge.IsEmptyCondition(path_of(field)) for field in where.has]
    return edge.Filter(
        must=list(_musts(where)),
        should=either or None,
        must_not=[*none_of, *map(_nested, where.none_of)],
    )


def payload_of(fields: PayloadFields) -> bool | list[str]:
    """The engine's selection of payload fields."""
    if isinstance(fields, str):
        return fields == "all"
    return [path_of(field) for field in fields]


def _musts(where: Filter) -> Iterator[_Condition]:
    for field, values in where.any_of.items():
        yield edge.Filter(should=list(_matches(path_of(field), by_kind(values))))
    for field, bounds in where.ranges.items():
        yield edge.FieldCondition(path_of(field), range=edge.RangeFloat(**asdict(bounds)))
    for field, dates in where.dates.items():
        yield edge.FieldCondition(path_of(field), range=edge.RangeDateTime(**asdict(dates)))
    for field, circle in where.near.items():
        yield edge.FieldCondition(path_of(field), geo_radius=_circle(circle))
    for field, box in where.within.items():
        yield edge.Filter(
            should=[
                edge.FieldCondition(path_of(field), geo_bounding_box=_box(part)) for part in parts_of(box)
            ]
        )
    for field, words in where.words.items():
        yield edge.FieldCondition(path_of(field), match=_words(words))
    for field in where.missing:
        yield edge.IsEmptyCondition(path_of(field))
    yield from map(_nested, where.every)


def _nested(where: Filter) -> edge.Filter:
    return condition_of(where) or edge.Filter()


def _circle(circle: Circle) -> edge.GeoRadius:
    return edge.GeoRadius(edge.GeoPoint(lon=circle.lon, lat=circle.lat), circle.metres)


def _box(box: Box) -> edge.GeoBoundingBox:
    return edge.GeoBoundingBox(
        top_left=edge.GeoPoint(lon=box.west, lat=box.north),
        bottom_right=edge.GeoPoint(lon=box.east, lat=box.south),
    )


def _words(words: Words) -> edge.MatchText | edge.MatchTextAny | edge.MatchPhrase:
    match words.how:
        case "all":
            return edge.MatchText(words.text)
        case "any":
            return edge.MatchTextAny(words.text)
        case "phrase":
            return edge.MatchPhrase(words.text)


def _matches(path: str, values: Values) -> Iterator[edge.FieldCondition]:
    # An empty list of texts matches nothing, which is what a field equal to none of its values means.
    if values.texts or not (values.integers or values.fractions or values.truths):
        yield edge.FieldCondition(path, match=edge.MatchAny(values.texts))
    if values.integers:
        yield edge.FieldCondition(path, match=edge.MatchAny(values.integers))
    for truth in values.truths:
        # Python's own True is taken for the number 1 by the binding, numpy's is not.
        yield edge.FieldCondition(path, match=edge.MatchValue(np.bool_(truth)))  # type: ignore[arg-type]
    for fraction in values.fractions:
        yield edge.FieldCondition(path, range=edge.RangeFloat(gte=fraction, lte=fraction))
