"""What the EXIF texts of a payload say of when, with what and how a picture was taken."""

import re
from collections.abc import Mapping
from datetime import datetime

from libs.common.points.exif import bare_names
from libs.common.points.fields import Fields
from libs.common.store.protocol import Payload

_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?\s*$")
_DATES = (("DateTimeOriginal", "OffsetTimeOriginal"), ("DateTimeDigitized", "OffsetTimeDigitized"))
"""Tags of the camera's clock, the best first, and those of its zone."""
_NUMBERS = (
    ("ISOSpeedRatings", Fields.iso),
    ("FNumber", Fields.f_number),
    ("ExposureTime", Fields.exposure_s),
    ("FocalLength", Fields.focal_mm),
)


def taken_local(payload: Payload) -> str | None:
    """When the camera says that it took the picture, by its own clock, as ISO 8601; None if it does not."""
    exif = bare_names(payload)
    return next((local for tag, _ in _DATES if (local := _local(exif.get(tag, "")))), None)


def described(payload: Payload) -> Fields:
    """The payload with what its EXIF says where it says nothing itself, as a point of before may not."""
    point = Fields(dict(payload))
    describe(point)
    return point


def describe(point: Fields) -> None:
    """Set the fields that EXIF has, where the point has no value of them."""
    exif = bare_names(point.payload)
    _set_date(point, exif)
    if point.camera is None and (camera := _camera(exif)):
        point.camera = camera
    if point.lens is None and (lens := exif.get("LensModel", "").strip()):
        point.lens = lens
    for tag, field in _NUMBERS:
        if field.__get__(point, Fields) is None and (number := _number(exif.get(tag, ""))):
            field.__set__(point, number)


def _set_date(point: Fields, exif: Mapping[str, str]) -> None:
    for tag, offset in _DATES:
        if point.taken_at is None and (local := _local(exif.get(tag, ""))):
            zone = exif.get(offset, "").strip()
            point.taken_at = local + (zone if _OFFSET.fullmatch(zone) else "Z")
            point.taken_local = local
            point.month = local[:7]


def _local(text: str) -> str | None:
    """The camera's clock as ISO 8601; None for zeros, blanks and days that no calendar has."""
    found = _DATE.match(text)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups())).isoformat()  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def _camera(exif: Mapping[str, str]) -> str | None:
    """Make and model, without saying the make twice."""
    make, model = exif.get("Make", "").strip(), exif.get("Model", "").strip()
    if make and model and not model.casefold().startswith(make.split()[0].casefold()):
        return f"{make} {model}"
    return model or make or None


def _number(text: str) -> float | None:
    found = _NUMBER.match(text)
    if found is None or (found[2] and float(found[2]) == 0):
        return None
    return float(found[1]) / float(found[2] or 1)
