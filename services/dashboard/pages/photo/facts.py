"""What is known of a photo, as its page says it."""

from fractions import Fraction
from pathlib import PurePosixPath

from sluice.models.photos import PhotoInfo

EXIF = {
    "Lens": "LensModel", "ISO": "ISOSpeedRatings",
    "Artist": "Artist", "Copyright": "Copyright",
}  # fmt: skip


def names(found: PhotoInfo) -> dict[str, str]:
    """Where it lies, and what file it is."""
    pixels = found.width * found.height / 1e6 if found.width and found.height else 0
    size = f"{found.width} x {found.height}, {pixels:.1f} megapixels" if pixels else ""
    return _known(
        {"Path": found.full_path, "Size": size, "Format": found.format, "Collection": found.collection}
    )


def stated(found: PhotoInfo) -> dict[str, str]:
    """Where it was taken, and what somebody thinks of it."""
    where = place(found)
    return _known({
        "Place": ", ".join(each for each in found.place if len(each) > len("CC")),
        "Coordinates": f"{where[0]:.5f}, {where[1]:.5f}" if where else "",
        "Rating": f"{found.rating} of 5" if found.rating is not None else "",
    })  # fmt: skip


def technical(found: PhotoInfo) -> dict[str, str]:
    """When it was taken, by what, and how."""
    exif = found.exif
    shown: dict[str, str | None] = {name: exif.get(field) for name, field in EXIF.items()}
    make, model = exif.get("Make", "").strip(), exif.get("Model", "").strip()
    clock = (found.taken_local or "").replace("T", " ")
    shown["Taken"] = taken(clock or exif.get("DateTimeOriginal", ""))
    shown["Camera"] = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    shown["Exposure"] = exposure(exif)
    order = ("Taken", "Camera", "Lens", "Exposure", "ISO", "Artist", "Copyright")
    return _known({name: shown.get(name) for name in order})


def taken(text: str) -> str:
    """2019-07-21 18:03 of 2019:07:21 18:03:11; what is written otherwise stays."""
    day, _, time = text.partition(" ")
    return f"{day.replace(':', '-')} {time[:5]}".strip()


def exposure(exif: dict[str, str]) -> str:
    """f/2.8, 1/125 s, 35 mm."""
    parts = []
    if (f_number := _number(exif.get("FNumber"))) is not None:
        parts.append(f"f/{float(f_number):.3g}")
    if (seconds := _number(exif.get("ExposureTime"))) is not None:
        shown = f"1/{round(1 / seconds)}" if 0 < seconds < 1 else f"{float(seconds):.3g}"
        parts.append(f"{shown} s")
    if (focal := _number(exif.get("FocalLength"))) is not None:
        parts.append(f"{float(focal):.3g} mm")
    return ", ".join(parts)


def place(found: PhotoInfo) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, as the file, its sidecar or the camera says."""
    if found.location is not None:
        return found.location["lat"], found.location["lon"]
    latitude = _degrees(found.exif.get("GPSLatitude"), found.exif.get("GPSLatitudeRef"))
    longitude = _degrees(found.exif.get("GPSLongitude"), found.exif.get("GPSLongitudeRef"))
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def folder_of(found: PhotoInfo) -> str | None:
    """The folder that it lies in."""
    return str(PurePosixPath(found.full_path).parent) if found.full_path else None


def _degrees(text: str | None, side: str | None) -> float | None:
    values = [_number(each) for each in (text or "").strip("[]()").split(",")]
    if len(values) != 3 or None in values:
        return None
    degrees, minutes, seconds = (float(each or 0) for each in values)
    sign = -1 if (side or "").strip().upper() in ("S", "W") else 1
    return sign * (degrees + minutes / 60 + seconds / 3600)


def _number(text: str | None) -> Fraction | None:
    try:
        return Fraction((text or "").strip())
    except (ValueError, ZeroDivisionError):
        return None


def _known(shown: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in shown.items() if value}
