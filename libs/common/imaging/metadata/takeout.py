"""The `.json` that Google Takeout puts next to each photo: what people said of it there."""

from html import unescape
from json import detect_encoding

import msgspec
from msgspec import Struct

from libs.common.imaging.metadata.dates import Taken, taken_at
from libs.common.imaging.metadata.gps import Location, place
from libs.common.imaging.metadata.text import clean, names
from libs.common.metadata import Metadata


class _Moment(Struct):
    timestamp: str | int | float = ""


class _Place(Struct):
    latitude: float = 0.0
    longitude: float = 0.0
    altitude: float = 0.0


class _Person(Struct):
    name: str = ""


class _Photo(Struct, rename="camel"):
    description: str | None = None
    photo_taken_time: _Moment | None = None
    geo_data: _Place | None = None
    geo_data_exif: _Place | None = None
    people: list[_Person] | None = None


_decoder = msgspec.json.Decoder(_Photo, strict=False)


def metadata_of(body: bytes) -> Metadata:
    """Date, place, height, description and people; nothing where it is another kind of JSON, or damaged."""
    try:
        photo = _decoder.decode(body.decode(detect_encoding(body)))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Metadata()
    when = _when(photo.photo_taken_time)
    stated = next((each for each in (photo.geo_data, photo.geo_data_exif) if _where(each)), None)
    return Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        location=_where(stated),
        altitude_m=(stated.altitude or None) if stated else None,
        # Texts are escaped as for a web page.
        description=clean(unescape(photo.description or "")),
        people=names(unescape(person.name) for person in photo.people or ()),
    )


def _when(moment: _Moment | None) -> Taken | None:
    try:
        return taken_at(float(moment.timestamp)) if moment and moment.timestamp else None
    except ValueError:
        return None


def _where(found: _Place | None) -> Location | None:
    return place(found.latitude, found.longitude) if found is not None else None
