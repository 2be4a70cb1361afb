"""Filters of a search as clients write them: conditions on fields, and a few of their own names."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from libs.common.filters import places, values
from libs.common.filters.values import wrong
from libs.common.store.protocol import Filter
from libs.common.unreadable import UNREADABLE

MOST_FIELDS = 32

_SPECIAL: Mapping[str, Callable[[Any], Filter | None]] = {
    "below": places.below,
    "near": places.near,
    "box": places.box,
    "has": values.has,
    "missing": values.missing,
}


def parse(filters: Mapping[str, Any] | None) -> Filter | None:
    """The store's filter, of which all conditions must hold; None for none.

    Raises SluiceError invalid_request that names what is wrong, and what there is.
    """
    if not filters:
        return None
    conditions = [_condition(name, requested) for name, requested in _plain(filters).items()]
    return _merged([each for each in conditions if each is not None])


def parse_json(text: str | None) -> Filter | None:
    """As `parse`, from a query parameter."""
    if not text:
        return None
    try:
        filters = json.loads(text)
    except UNREADABLE as error:
        raise wrong(f"not JSON: {error}") from error
    if not isinstance(filters, dict):
        raise wrong("not a JSON object")
    return parse(filters)


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """A filter for what fulfils both."""
    if one is None or other is None:
        return one or other
    return Filter(every=(one, other))


def _plain(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(filters) > MOST_FIELDS:
        raise wrong(f"{len(filters)} fields are too many, {MOST_FIELDS} the most")
    return filters


def _condition(name: str, requested: Any) -> Filter | None:
    if name == "not":
        return _negated(requested)
    if name in _SPECIAL:
        return _SPECIAL[name](requested)
    return values.condition(name, requested, also=(*_SPECIAL, "not"))


def _negated(requested: Any) -> Filter:
    """None of the conditions may hold."""
    if not isinstance(requested, dict) or not requested or "not" in requested:
        raise wrong("not takes an object of conditions, none of which may hold")
    found = [_condition(name, inner) for name, inner in _plain(requested).items()]
    return Filter(none_of=tuple(Filter() if each is None else each for each in found))


def _merged(conditions: list[Filter]) -> Filter:
    """One flat filter where conditions are plain, which is what a store does best."""
    any_of = {field: found for each in conditions for field, found in each.any_of.items()}
    if len(any_of) < sum(len(each.any_of) for each in conditions):  # `below` and `folders` are one field
        return Filter(every=tuple(conditions))
    ranges = {field: found for each in conditions for field, found in each.ranges.items()}
    dates = {field: found for each in conditions for field, found in each.dates.items()}
    rest = tuple(each for each in conditions if not (each.any_of or each.ranges or each.dates))
    return Filter(any_of=any_of, ranges=ranges, dates=dates, every=rest)
