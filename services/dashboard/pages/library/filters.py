"""Filters of the library, and the addresses of views that have them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec

from libs.common.errors import Code, SluiceError
from libs.common.points.fields import Fields
from sluice import wire
from sluice.models.photos import Filters

TAKEN = Fields.taken_at.name
NAMES = {
    TAKEN: "Date", "month": "Date", "place": "Place", "camera": "Camera", "people": "People",
    "rating": "Rating", "format": "Format", "kind": "Kind", "below": "Folder",
}  # fmt: skip
"""What filters are called."""


def chosen(text: str) -> dict[str, Any]:
    """The filters in an address; SluiceError invalid_request where they are no JSON object."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SluiceError(Code.INVALID_REQUEST, "the filters in this address cannot be read") from error


def address(query: str, filters: Filters, like: str = "") -> str:
    """Where the library shows what is found by a query, or by its likeness to a photo, and filters."""
    given = wire.given({"q": query or None, "like": like or None, "f": wire.as_query(filters)})
    return f"/library?{urlencode(given)}" if given else "/library"


def year(value: str) -> dict[str, str]:
    """The filter of a year, by the time a photo was taken."""
    return {"gte": value, "lte": value}


def shown(field: str, value: object) -> str:
    """A filter in words."""
    return f"{NAMES.get(field, field.replace('_', ' '))}: {_value(field, value)}"


def _value(field: str, value: object) -> str:
    match value:
        case {"gte": str(first), "lte": str(last)}:
            return first if first == last else f"{first} to {last}"
        case str() if field == "month":
            return month(value)
        case str() | int() | float():
            return str(value)
        case list():
            return ", ".join(map(str, value))
        case Mapping():
            return ", ".join(f"{name} {each}" for name, each in value.items())
        case _:
            return msgspec.json.encode(value).decode()


def month(value: str) -> str:
    """July 2019, of 2019-07; as it is where it is none."""
    try:
        return f"{date.fromisoformat(f'{value}-01'):%B %Y}"
    except ValueError:
        return value
