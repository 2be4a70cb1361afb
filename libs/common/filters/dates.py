"""Conditions on instants, written as ISO years, months, days or instants."""

import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Dates, Filter

MOST_VALUES = 1000
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
"""Python's own parser takes more: weeks, and whatever stands between date and time."""
_LAST = datetime.max.replace(tzinfo=UTC)
BOUNDS = frozenset(("gte", "lte", "gt", "lt"))
_TWICE = frozenset(("gte", "gt")), frozenset(("lte", "lt"))
_MONTHS = 12


def condition(name: str, requested: Any) -> Filter:
    """The instants that are meant: of a year, a month or a day all of it."""
    if isinstance(requested, str):
        return Filter(dates={name: _within(name, requested)})
    if isinstance(requested, list) and 0 < len(requested) <= MOST_VALUES:
        return Filter(either=[Filter(dates={name: _within(name, each)}) for each in requested])
    if isinstance(requested, Mapping) and _are_bounds(requested.keys()):
        return Filter(dates={name: _between(name, requested)})
    raise _wrong(name)


def _are_bounds(requested: Set[str]) -> bool:
    """Whether they are bounds, and at most one at each end."""
    return bool(requested) and requested <= BOUNDS and not any(ends <= requested for ends in _TWICE)


def _within(name: str, text: Any) -> Dates:
    start, end = _span(name, text)
    return Dates(gte=start, lte=start) if start == end else Dates(gte=start, lt=end)


def _between(name: str, requested: Mapping[str, Any]) -> Dates:
    """`lte` a month includes it, `gt` a month begins after it."""
    bounds: dict[str, str] = {}
    for bound, text in requested.items():
        start, end = _span(name, text)
        match bound:
            case "lte":
                bounds["lte" if start == end else "lt"] = end
            case "gt":
                bounds["gt" if start == end else "gte"] = end
            case _:
                bounds[bound] = start
    return Dates(**bounds)


def _span(name: str, text: Any) -> tuple[str, str]:
    """The first instant and the one after the last; twice the same for an instant."""
    try:
        if found := _DAY.fullmatch(text):
            year, month, day = found.groups()
            start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
            return _iso(start), _iso(_next(start, month, day))
        instant = _iso(_instant(text))
    except (TypeError, ValueError) as error:
        raise _wrong(name) from error
    return instant, instant


def _instant(text: str) -> datetime:
    """ValueError for none."""
    if not _INSTANT.fullmatch(text.upper()):
        raise ValueError(text)
    at = datetime.fromisoformat(text.upper())
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _next(start: datetime, month: str | None, day: str | None) -> datetime:
    """The instant at which the year, the month or the day is over; of the last there is, its end."""
    try:
        if day is not None:
            return start + timedelta(days=1)
        if month is not None:
            return start.replace(year=start.year + start.month // _MONTHS, month=start.month % _MONTHS + 1)
        return start.replace(year=start.year + 1)
    except (ValueError, OverflowError):
        return _LAST


def _iso(at: datetime) -> str:
    return at.isoformat()


def _wrong(name: str) -> SluiceError:
    return SluiceError(
        Code.INVALID_REQUEST,
        f"filters: {name} takes a year, a month, a day or an instant in ISO 8601 (2019, 2019-07, 2019-07-21, "
        f"2019-07-21T18:03:11Z), a list of at most {MOST_VALUES} of them, or a range: gte or gt, lte or lt",
    )
