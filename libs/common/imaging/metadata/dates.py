"""Dates as cameras and people write them."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

_DATE = re.compile(
    r"\s*(\d{4})[:/.-]?(\d\d)[:/.-]?(\d\d)"
    r"(?:[T ]+(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,](\d{1,9}))?)?"
    r"\s*(?:GMT|UTC)?(Z|[+-]\d\d:?\d\d)?\s*$"
)
_OFFSET = re.compile(r"\s*(Z|[+-]\d\d:?\d\d)\s*$")
_MOST_OFFSET_MINUTES = 14 * 60


class Taken(NamedTuple):
    """When a picture was taken: the instant in ISO 8601, and what the camera's own clock showed."""

    at: str
    local: str


def taken(text: str | None, offset: str | None = None, fraction: str | None = None) -> Taken | None:
    """The date in an EXIF, XMP or IPTC text; `offset` and `fraction` are what EXIF keeps apart.

    Zeros, blanks and days that no calendar has are no date. Without an offset it is taken as it reads.
    """
    found = _DATE.match(text or "")
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - the camera's clock
    except ValueError:
        return None
    digits = (found[7] or fraction or "").strip()
    shown = local.isoformat() + (f".{digits[:6]}" if digits.isdigit() and int(digits) else "")
    return Taken(shown + (_offset(found[8]) or _offset(offset) or "Z"), local.isoformat())


def taken_at(seconds: float) -> Taken | None:
    """The date of an instant in seconds since the epoch; the clock is taken as UTC."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return Taken(at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%Y-%m-%dT%H:%M:%S"))


def _offset(text: str | None) -> str | None:
    """As +02:00; None for what is no offset on earth."""
    found = _OFFSET.match(text or "")
    if found is None:
        return None
    if found[1] == "Z":
        return "Z"
    sign, digits = found[1][0], found[1][1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes > _MOST_OFFSET_MINUTES or int(digits[2:]) > 59:
        return None
    return f"{sign}{digits[:2]}:{digits[2:]}" if minutes else "Z"
