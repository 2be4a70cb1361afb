"""Conditions on instants, written as ISO years, months, days or instants."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Dates, Filter

_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_MONTHS = 12


def condition(name: str, requested: Any) -> Filter:
    """The instants that are meant: of a year, a month or a day all of it."""
    if isinstance(requested, str):
        return Filter(dates={name: _within(name, requested)})
    if isinstance(requested, list) and requested and all(isinstance(each, str) for each in requested):
        return Filter(either=[condition(name, each) for each in requested[:100]])
    if isinstance(requested, Mapping) and requested and set(requested) <= {"gte", "lte", "gt", "lt"}:
        return Filter(dates={name: _between(name, requested)})
    raise _wrong(name)


def _within(name: str, text: str) -> Dates:
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
            year, month, day = (int(part) if part else None for part in found.groups())
            return _iso(datetime(year or 0, month or 1, day or 1, tzinfo=UTC)), _iso(
                _next(year or 0, month, day)
            )
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise _wrong(name) from error
    instant = _iso(at if at.tzinfo else at.replace(tzinfo=UTC))
    return instant, instant


def _next(year: int, month: int | None, day: int | None) -> datetime:
    if month is None:
        return datetime(year + 1, 1, 1, tzinfo=UTC)
    if day is None:
        return datetime(year + month // _MONTHS, month % _MONTHS + 1, 1, tzinfo=UTC)
    return datetime.fromordinal(datetime(year, month, day, tzinfo=UTC).toordinal() + 1).replace(tzinfo=UTC)


def _iso(at: datetime) -> str:
    return at.isoformat()


def _wrong(name: str) -> SluiceError:
    return SluiceError(
        Code.INVALID_REQUEST,
        f"filters: {name} takes a year, a month, a day or an instant in ISO 8601 (2019-07-21T18:03:11Z), a "
        "list of them, or {gte, lte, gt, lt} of them",
    )
