"""Conditions on where a picture was taken, and on the folder it lies in."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from libs.common.filters.dates import MOST_VALUES
from libs.common.filters.values import is_number, is_text, wrong
from libs.common.points.fields import Fields
from libs.common.store.protocol import Box, Circle, Filter

_FARTHEST_KM = 20_100.0
"""Half way around the earth."""


def below(requested: Any) -> Filter | None:
    """Files below a folder, or one of several; any Unicode form of its name. None for all."""
    folders = [requested] if isinstance(requested, str) else requested
    if not isinstance(folders, list) or not folders or not all(is_text(each) and each for each in folders):
        raise wrong("below takes the path of a folder, or a list of them")
    if len(folders) > MOST_VALUES:
        raise wrong(f"below has {len(folders)} folders, {MOST_VALUES} are the most")
    paths = [path for each in folders if (path := each.rstrip("/"))]
    if len(paths) < len(folders):
        return None
    forms = {*paths, *(_nfc(path) for path in paths), *(_nfd(path) for path in paths)}
    return Filter(any_of={Fields.folders.name: sorted(forms)})


def near(requested: Any) -> Filter:
    """Within `km` kilometres of a place."""
    if not isinstance(requested, Mapping) or set(requested) != {"lat", "lon", "km"}:
        raise _wrong_circle()
    lat, lon, km = requested["lat"], requested["lon"], requested["km"]
    if not (_is_place(lat, lon) and is_number(km) and 0 < km <= _FARTHEST_KM):
        raise _wrong_circle()
    return Filter(near={Fields.location.name: Circle(lat, lon, km * 1000)})


def box(requested: Any) -> Filter:
    """Between two meridians and two parallels; over the date line where west is greater than east."""
    if not isinstance(requested, list) or len(requested) != 4:
        raise _wrong_box()
    west, south, east, north = requested
    if not (_is_place(south, west) and _is_place(north, east) and south <= north):
        raise _wrong_box()
    return Filter(within={Fields.location.name: Box(west, south, east, north)})


def _nfc(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _nfd(path: str) -> str:
    return unicodedata.normalize("NFD", path)


def _is_place(lat: Any, lon: Any) -> bool:
    return is_number(lat) and is_number(lon) and abs(lat) <= 90 and abs(lon) <= 180


def _wrong_circle() -> Exception:
    return wrong("near takes {lat, lon, km}: decimal degrees, and kilometres from above 0 to 20,100")


def _wrong_box() -> Exception:
    return wrong("box takes [west, south, east, north] in decimal degrees, south not above north")
