"""Conditions on where a picture was taken, and on the folder it lies in."""

import unicodedata
from math import isfinite
from typing import Any

from libs.common.filters.values import is_text, wrong
from libs.common.points.fields import Fields
from libs.common.store.protocol import Box, Circle, Filter

_FARTHEST_KM = 20_100.0
"""Half way around the earth."""


def below(requested: Any) -> Filter | None:
    """Files below a folder, or one of several; any Unicode form of its name. None for all."""
    folders = [requested] if isinstance(requested, str) else requested
    if not isinstance(folders, list) or not folders or not all(is_text(each) and each for each in folders):
        raise wrong("below takes the path of a folder, or a list of them")
    paths = [path for each in folders if (path := each.rstrip("/"))]
    if len(paths) < len(folders):
        return None
    forms = {*paths, *(_nfc(path) for path in paths), *(_nfd(path) for path in paths)}
    return Filter(any_of={Fields.folders.name: sorted(forms)})


def near(requested: Any) -> Filter:
    """Within `km` kilometres of a place."""
    try:
        lat, lon, km = (float(requested[part]) for part in ("lat", "lon", "km"))
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong_circle() from error
    if not (_is_place(lat, lon) and 0 < km <= _FARTHEST_KM) or set(requested) - {"lat", "lon", "km"}:
        raise _wrong_circle()
    return Filter(near={Fields.location.name: Circle(lat, lon, km * 1000)})


def box(requested: Any) -> Filter:
    """Between two meridians and two parallels; over the date line where west is greater than east."""
    try:
        west, south, east, north = (float(each) for each in requested)
    except (TypeError, ValueError) as error:
        raise _wrong_box() from error
    if not (_is_place(south, west) and _is_place(north, east) and south <= north):
        raise _wrong_box()
    return Filter(within={Fields.location.name: Box(west, south, east, north)})


def _nfc(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _nfd(path: str) -> str:
    return unicodedata.normalize("NFD", path)


def _is_place(lat: float, lon: float) -> bool:
    return isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180


def _wrong_circle() -> Exception:
    return wrong("near takes {lat, lon, km}: decimal degrees, and kilometres above 0")


def _wrong_box() -> Exception:
    return wrong("box takes [west, south, east, north] in decimal degrees, south not above north")
