"""Filters of a search as clients write them: `{field: value | [values] | {gte, lte}}`."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, TypeGuard

from libs.common.errors import Code, SluiceError
from libs.common.labels import is_name
from libs.common.points.exif import is_exif
from libs.common.points.fields import FIELDS, Fields
from libs.common.store.protocol import Filter, Range, Scalar
from libs.common.unreadable import UNREADABLE

_FILTERS = frozenset(name for name, field in FIELDS.items() if "filter" in field.serves)
MOST_FIELDS, MOST_VALUES = 32, 1000
_LARGEST = 2**63
"""Whole numbers of the store are smaller."""


def parse(filters: Mapping[str, Any] | None) -> Filter | None:
    """The store's filter; None for none. SluiceError invalid_request names what is wrong."""
    if not filters:
        return None
    if len(filters) > MOST_FIELDS:
        raise _wrong(f"filters: {len(filters)} fields are too many, {MOST_FIELDS} the most")
    any_of: dict[str, Sequence[Scalar]] = {}
    ranges: dict[str, Range] = {}
    for field, condition in filters.items():
        if field not in _FILTERS and not _is_metadata(field) and not (is_exif(field) and _is_text(field)):
            raise _wrong(
                f"filters: there is no field {field!a}; there are {', '.join(sorted(_FILTERS))}, exif_*"
            )
        if isinstance(condition, Mapping):
            ranges[field] = _range(field, condition)
        else:
            any_of[field] = _values(field, condition)
    return Filter(any_of, ranges)


def parse_json(text: str | None) -> Filter | None:
    """As `parse`, from a query parameter."""
    if not text:
        return None
    try:
        filters = json.loads(text)
    except UNREADABLE as error:
        raise _wrong(f"filters: not JSON: {error}") from error
    if not isinstance(filters, dict):
        raise _wrong("filters: not a JSON object")
    return parse(filters)


def _values(field: str, condition: Any) -> Sequence[Scalar]:
    values = condition if isinstance(condition, list) else [condition]
    if not values or not all(
        isinstance(value, bool) or _is_text(value) or _is_number(value) for value in values
    ):
        raise _wrong(f"filters: {field} takes a value, a list of values, or {{gte, lte}}; numbers of 64 bits")
    if len(values) > MOST_VALUES:
        raise _wrong(f"filters: {field} has {len(values)} values, {MOST_VALUES} are the most")
    return values


def _range(field: str, condition: Mapping[str, Any]) -> Range:
    if not condition or set(condition) - {"gte", "lte"} or not all(map(_is_number, condition.values())):
        raise _wrong(
            f"filters: the range of {field} is {{gte: number, lte: number}}, one of them at least, of 64 bits"
        )
    return Range(condition.get("gte"), condition.get("lte"))


def _is_metadata(field: str) -> bool:
    """Whether it is `meta.<name>`."""
    prefix, _, name = field.partition(".")
    return prefix == Fields.meta.name and is_name(name)


def _is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a number that the store can hold: JSON knows longer ones, and Python's takes NaN."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST


def _is_text(value: Any) -> TypeGuard[str]:
    """Whether it is text that can be sent on: JSON can also write halves of characters."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong(detail: str) -> SluiceError:
    return SluiceError(Code.INVALID_REQUEST, detail)
