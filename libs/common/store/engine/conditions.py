"""Filters and payload selections in the engine's own types."""

from collections.abc import Iterable

import numpy as np
import qdrant_edge as edge

from libs.common.store.filters import Values, by_kind, path_of
from libs.common.store.protocol import Filter, PayloadFields


def condition_of(where: Filter | None) -> edge.Filter | None:
    """The engine's filter: all fields must hold, each by any of its values."""
    if where is None:
        return None
    fields = [_any_of(path_of(field), by_kind(values)) for field, values in where.any_of.items()]
    ranges = [
        edge.FieldCondition(path_of(field), range=edge.RangeFloat(gte=bounds.gte, lte=bounds.lte))
        for field, bounds in where.ranges.items()
    ]
    return edge.Filter(must=[*fields, *ranges])


def payload_of(fields: PayloadFields) -> bool | list[str]:
    """The engine's selection of payload fields."""
    if isinstance(fields, str):
        return fields == "all"
    return [path_of(field) for field in fields]


def _any_of(path: str, values: Values) -> edge.Filter:
    return edge.Filter(should=list(_matches(path, values)))


def _matches(path: str, values: Values) -> Iterable[edge.FieldCondition]:
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
