"""Conditions on one field: values, ranges, dates, and whether there is any."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeGuard

from libs.common.errors import Code, SluiceError
from libs.common.filters import dates
from libs.common.filters.dates import BOUNDS, MOST_VALUES
from libs.common.labels import is_name
from libs.common.points.exif import is_exif
from libs.common.points.field import Field, Flag, Location, Moment, Number, Whole
from libs.common.points.fields import FIELDS, INDEXES, Fields
from libs.common.store.protocol import Filter, Range, Scalar

_LARGEST = 2**63
"""Whole numbers of the store are smaller."""
_FILTERS = {name: field for name, field in FIELDS.items() if "filter" in field.serves}
_KNOWN = sorted({*INDEXES, Fields.caption.name} & _FILTERS.keys())
"""Fields of which the store knows whether there is a value."""


def wrong(detail: str) -> SluiceError:
    """The error of a filter that is none."""
    return SluiceError(Code.INVALID_REQUEST, f"filters: {detail}")


def condition(name: str, requested: Any, also: Sequence[str]) -> Filter:
    """The condition on a field; `also` are the names that are no fields, for the error."""
    field = _FILTERS.get(name)
    if field is None and not _is_metadata(name) and not (is_exif(name) and is_text(name)):
        known = ", ".join(sorted({*_FILTERS, *also}))
        raise wrong(f"there is no field {name!a}; there are {known}, exif_*")
    if isinstance(field, Location):
        raise wrong(f"{name} is asked for by near, box, has or missing")
    if isinstance(field, Moment):
        return dates.condition(name, requested)
    if isinstance(requested, Mapping) and _has_ranges(name, field):
        return Filter(ranges={name: _range(name, requested)})
    return Filter(any_of={name: _values(name, field, requested)})


def has(requested: Any) -> Filter:
    """The fields have a value."""
    fields = _fields("has", requested)
    where = Filter(has=[field for field in fields if field != Fields.caption.name])
    return where if len(where.has) == len(fields) else Filter(every=(where, _captioned()))


def missing(requested: Any) -> Filter:
    """The fields have no value."""
    fields = _fields("missing", requested)
    where = Filter(missing=[field for field in fields if field != Fields.caption.name])
    return where if len(where.missing) == len(fields) else Filter(every=(where,), none_of=(_captioned(),))


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a number that the store can hold: JSON knows longer ones, and Python's takes NaN."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST


def is_text(value: Any) -> TypeGuard[str]:
    """Whether it is text that can be sent on: JSON can also write halves of characters."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_metadata(name: str) -> bool:
    """Whether it is `meta.<name>`."""
    prefix, _, inner = name.partition(".")
    return prefix == Fields.meta.name and is_name(inner)


def _captioned() -> Filter:
    return Filter(any_of={Fields.has_caption.name: [True]})


def _fields(name: str, requested: Any) -> list[str]:
    fields = [requested] if isinstance(requested, str) else requested
    if not isinstance(fields, list) or not fields or not set(map(str, fields)) <= set(_KNOWN):
        raise wrong(f"{name} takes a list of fields, of {', '.join(_KNOWN)}")
    return list(dict.fromkeys(fields))


def _values(name: str, field: Field[object] | None, requested: Any) -> Sequence[Scalar]:
    values = requested if isinstance(requested, list) else [requested]
    kind, is_kind = _SCALAR if _is_metadata(name) else _kind(field)
    if not values or not all(map(is_kind, values)):
        ranges = ", or {gte, lte, gt, lt}" if _has_ranges(name, field) else ""
        raise wrong(f"{name} takes {kind}, or a list of them{ranges}")
    if len(values) > MOST_VALUES:
        raise wrong(f"{name} has {len(values)} values, {MOST_VALUES} are the most")
    return [float(value) for value in values] if isinstance(field, Number) else values


def _has_ranges(name: str, field: Field[object] | None) -> bool:
    """Whether its values may be numbers."""
    return _is_metadata(name) or isinstance(field, Number | Whole)


def _kind(field: Field[object] | None) -> tuple[str, Callable[[Any], bool]]:
    if isinstance(field, Flag):
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(field, Number | Whole):
        return "a number of 64 bits", is_number
    return "a text", is_text


def _is_scalar(value: Any) -> bool:
    return isinstance(value, bool) or is_text(value) or is_number(value)


_SCALAR = "a text, a number of 64 bits, true or false", _is_scalar


def _range(name: str, requested: Mapping[str, Any]) -> Range:
    if not requested or set(requested) - BOUNDS or not all(map(is_number, requested.values())):
        raise wrong(
            f"the range of {name} is {{gte, lte, gt, lt: a number}}, one of them at least, of 64 bits"
        )
    return Range(**requested)
