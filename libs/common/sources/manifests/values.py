"""What a row says of a file, as the payload of a point holds it: texts, numbers, truth."""

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from math import isfinite
from typing import Any

from msgspec import json

from libs.common.labels import Value, check_metadata

_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 64
_WHOLE = range(-(2**63), 2**63)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,12})?")


def meta_of(row: Mapping[str, Any]) -> dict[str, Value]:
    """The fields of a row that say something; other characters in their names become `_`.

    Lists and objects are kept as JSON. ValueError for more fields, or longer ones, than a point takes.
    """
    meta: dict[str, Value] = {}
    for name, found in row.items():
        value = _value(found)
        if value is None:
            continue
        field = _ODD.sub("_", name).strip("_")[:_LONGEST_NAME]
        if field in meta:
            raise ValueError(f"two fields become {field}: rename one")
        if field:
            meta[field] = value
    check_metadata(meta)
    return meta


def typed(text: str) -> Value:
    """A cell of a CSV: a number where that is written like one, so that a leading zero stays."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _value(found: Any) -> Value | None:
    match found:
        case None | "":
            return None
        case bool() | str():
            return found
        case int() | float() | Decimal():
            return _number(found)
        case bytes():
            raise ValueError("a field has bytes, which cannot be filtered by: leave it out")
        case _:
            return found.isoformat() if isinstance(found, date | time) else json.encode(found).decode()


def _number(found: int | float | Decimal) -> Value | None:
    if isinstance(found, int):
        return found if found in _WHOLE else str(found)
    return float(found) if isfinite(found) else None
