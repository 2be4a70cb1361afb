"""What a video says of itself."""

import re
from collections.abc import Mapping
from typing import Any

from libs.common.imaging.metadata import xmp
from libs.common.imaging.metadata.dates import taken
from libs.common.imaging.metadata.gps import Location, place
from libs.common.imaging.metadata.text import camera_name, clean, name, names
from libs.common.metadata import Metadata, filled

_APPLE = "com.apple.quicktime."
_ISO_6709 = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")
_NO_DATES = ("1904-01-01", "1970-01-01T00:00:00")
_TIME_BASE = 1_000_000


def metadata_of(container: Any) -> Metadata:
    """Duration, creation time, place, camera and words of an open container."""
    tags = {key.lower(): value for key, value in container.metadata.items()}
    # Apple's own date has the offset of the place; the other one is in UTC.
    when = _date(tags.get(_APPLE + "creationdate")) or _date(tags.get("creation_time"))
    stated = xmp.metadata_of(tags.get("xmp", "").encode())
    where, height = _place(tags.get(_APPLE + "location.iso6709") or tags.get("location") or "")
    own = Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        location=where,
        altitude_m=height if where else None,
        duration_s=round(container.duration / _TIME_BASE, 3) if container.duration else None,
        camera=camera_name(_either(tags, "make"), _either(tags, "model")),
        title=_either(tags, "title"),
        description=clean(tags.get(_APPLE + "description") or tags.get("description") or tags.get("comment")),
        keywords=names((_either(tags, "keywords") or "").split(",")),
    )
    return filled(own, stated)


def _either(tags: Mapping[str, str], key: str) -> str | None:
    """What Apple's tag says, else the older one."""
    return name(tags.get(_APPLE + key) or tags.get(key))


def _date(text: str | None) -> Any:
    return None if not text or text.startswith(_NO_DATES) else taken(text)


def _place(text: str) -> tuple[Location | None, float | None]:
    """`+48.8583+002.2945+035.000/`."""
    found = _ISO_6709.match(text)
    if found is None:
        return None, None
    return place(float(found[1]), float(found[2])), float(found[3]) if found[3] else None
