"""Filters of a search as clients write them: `{field: value | [values] | {gte, lte}}`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Filter, Range, Scalar
from libs.common.unreadable import UNREADABLE

_TEXT = ("filename", "full_path", "file_hash", "caption", "tags", "format", "mode", "model", "has_caption")
_NUMBERS = ("width", "height", "size", "stored_at", "mtime_ns")
FIELDS = frozenset(_TEXT + _NUMBERS)
EXIF = "exif_"


def parse(filters: Mapping[str, Any] | None) -> Filter | None:
    """The store's filter; None for none. SluiceError invalid_request names what is wrong."""
    if not filters:
        return None
    any_of: dict[str, Sequence[Scalar]] = {}
    ranges: dict[str, Range] = {}
    for field, condition in filters.items():
        if field not in FIELDS and not field.startswith(EXIF):
            raise _wrong(f"filters: there is no field {field}; there are {', '.join(sorted(FIELDS))}, exif_*")
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
    if not values or not all(isinstance(value, str | int | float | bool) for value in values):
        raise _wrong(f"filters: {field} takes a value, a list of values, or {{gte, lte}}")
    return values


def _range(field: str, condition: Mapping[str, Any]) -> Range:
    bounds = [value for value in condition.values() if isinstance(value, int | float)]
    if not condition or set(condition) - {"gte", "lte"} or len(bounds) < len(condition):
        raise _wrong(f"filters: the range of {field} is {{gte: number, lte: number}}, one of them at least")
    return Range(condition.get("gte"), condition.get("lte"))


def _wrong(detail: str) -> SluiceError:
    return SluiceError(Code.INVALID_REQUEST, detail)
