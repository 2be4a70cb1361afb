"""Places in EXIF: degrees, minutes and seconds as decimal degrees."""

from collections.abc import Sequence

from libs.common.imaging.metadata.ifds import Values

_LATITUDE, _LONGITUDE, _ALTITUDE = (1, 2, 90.0), (3, 4, 180.0), (5, 6)
_STATUS = 9
_MOST_ALTITUDE_M = 100_000.0

Location = tuple[float, float]


def location(gps: Values) -> Location | None:
    """(latitude, longitude) in decimal degrees; None where it is not there, or only what a receiver without
    a fix writes.
    """
    latitude, longitude = _degrees(gps, *_LATITUDE), _degrees(gps, *_LONGITUDE)
    if latitude is None or longitude is None:
        return None
    return place(latitude, longitude)


def place(latitude: float, longitude: float) -> Location | None:
    """These degrees where they are on earth; 0, 0 is the sea off Africa, and what programs write for none."""
    on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return (round(latitude, 7), round(longitude, 7)) if on_earth and (latitude, longitude) != (0, 0) else None


def altitude(gps: Values) -> float | None:
    """Metres above the sea, below it less than zero; it counts where there is a location."""
    below, height = (gps[tag].number() if tag in gps else None for tag in _ALTITUDE)
    if height is None or abs(height) > _MOST_ALTITUDE_M:
        return None
    return round(-height if below == 1 else height, 3)


def decimal(parts: Sequence[float]) -> float | None:
    """Degrees, minutes and seconds, of which the last ones may be missing."""
    if not parts or len(parts) > 3 or any(part < 0 for part in parts):
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    return degrees + minutes / 60 + seconds / 3600


def _degrees(gps: Values, reference: int, tag: int, most: float) -> float | None:
    side = gps[reference].data[:1].upper() if reference in gps else b""
    degrees = decimal(gps[tag].numbers()[:3]) if tag in gps else None
    if degrees is None or degrees > most:
        return None
    return -degrees if side in (b"S", b"W") else degrees
