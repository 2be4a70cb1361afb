"""Filters of the library, and the addresses of views that have them."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from libs.common.errors import Code, SluiceError
from sluice import wire
from sluice.models.photos import Filters

FACETS = {
    "month": "Month", "place": "Place", "camera": "Camera", "people": "People", "format": "Format",
    "kind": "Kind", "rating": "Rating",
}  # fmt: skip
"""The fields by which photos are narrowed, and what they are called."""


def chosen(text: str) -> dict[str, Any]:
    """The filters in an address; SluiceError invalid_request where they are no JSON object."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SluiceError(Code.INVALID_REQUEST, "the filters in this address cannot be read") from error


def address(query: str, filters: Filters) -> str:
    """Where the library shows what is found by a query and filters."""
    given = wire.given({"q": query or None, "f": wire.as_query(filters)})
    return f"/library?{urlencode(given)}" if given else "/library"


def shown(field: str, value: object) -> str:
    """A filter in words."""
    name = FACETS.get(field, field.replace("_", " "))
    return f"{name}: {value if isinstance(value, str | int | float) else msgspec.json.encode(value).decode()}"
