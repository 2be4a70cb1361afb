"""EXIF as numbers, dates and places."""

from libs.common.imaging.metadata import ifds
from libs.common.imaging.metadata.dates import Taken, taken
from libs.common.imaging.metadata.gps import altitude, location
from libs.common.imaging.metadata.ifds import Ifds, Value, Values
from libs.common.imaging.metadata.lenses.lens import lens_of
from libs.common.imaging.metadata.packets import Packets
from libs.common.imaging.metadata.text import camera_name, clean, decoded, name, names, utf16
from libs.common.metadata import Metadata

DESCRIPTION, MAKE, MODEL, RATING = 0x010E, 0x010F, 0x0110, 0x4746
XP_TITLE, XP_COMMENT, XP_KEYWORDS, XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F
EXPOSURE, F_NUMBER, ISO, FOCAL, USER_COMMENT = 0x829A, 0x829D, 0x8827, 0x920A, 0x9286
ORIGINAL, DIGITIZED = (0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292)
"""A date, its offset and its fraction of a second."""
_ISOS = (ISO, 0x8832, 0x0017)
_OF_PANASONIC = frozenset((0x0017,))
"""The ISO of its RAW files; no other file has this tag."""

_IMAGE = frozenset((DESCRIPTION, MAKE, MODEL, RATING, XP_TITLE, XP_COMMENT, XP_KEYWORDS, XP_SUBJECT))
_EXIF = frozenset(
    (EXPOSURE, F_NUMBER, ISO, 0x8832, FOCAL, USER_COMMENT, *ORIGINAL, *DIGITIZED, 0x927C, 0xA432, 0xA434)
)
_FIRST = _IMAGE | _EXIF | _OF_PANASONIC | ifds.POINTERS
_STATED_BY_CAMERAS = frozenset(
    (
        *("OLYMPUS DIGITAL CAMERA", "MINOLTA DIGITAL CAMERA", "KODAK DIGITAL STILL CAMERA", "DIGITAL CAMERA"),
        *("SONY DSC", "SAMSUNG", "EXIF_JPEG_PICTURE", "DCIM", "UNTITLED"),
    )
)
"""What cameras write where people would describe the picture."""
_CHARSETS = {b"ASCII\0\0\0": "ascii", b"\0" * 8: None}
_MOST_EXPOSURE_S, _MOST_ISO, _MOST_F, _MOST_FOCAL_MM = 86_400.0, 10_000_000.0, 1000.0, 100_000.0


def metadata_of(packets: Packets) -> Metadata:
    """What the packets say in EXIF."""
    if packets.exif_part or packets.gps_part:
        image, exif = ifds.first(packets.exif, _IMAGE), ifds.first(packets.exif_part, _EXIF)
        return _stated(Ifds(image, exif, ifds.first(packets.gps_part), packets.exif_part))
    found = ifds.read(packets.exif.removeprefix(b"Exif\0\0"), _FIRST, _EXIF)
    # Many RAW files have all in the first directory (TIFF/EP), as have what some programs write.
    return _stated(Ifds(found.image, {**found.image, **found.exif}, found.gps, found.block))


def _stated(found: Ifds) -> Metadata:
    if not (found.image or found.exif):
        return Metadata()
    when, where = _when(found.exif), location(found.gps)
    make, model = _name(found.image, MAKE), _name(found.image, MODEL)
    return Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        location=where,
        altitude_m=altitude(found.gps) if where else None,
        camera=camera_name(make, model),
        lens=lens_of(found, make or ""),
        iso=next((iso for tag in _ISOS if (iso := _within(found.exif, tag, _MOST_ISO))), None),
        f_number=_within(found.exif, F_NUMBER, _MOST_F),
        exposure_s=_within(found.exif, EXPOSURE, _MOST_EXPOSURE_S),
        focal_mm=_within(found.exif, FOCAL, _MOST_FOCAL_MM),
        title=name(_windows(found, XP_TITLE)),
        description=_description(found),
        keywords=names((_windows(found, XP_KEYWORDS) or "").split(";")),
        rating=_rating(found.image.get(RATING)),
    )


def user_comment(data: bytes, order: str = "<") -> str | None:
    """EXIF's UserComment: eight bytes name the character set of the rest."""
    charset, text = data[:8], data[8:]
    if charset.startswith(b"UNICODE"):
        return clean(_unicode(text, order))
    if charset.startswith(b"JIS"):  # whose seven bits any other character set takes for its own
        return clean(text.decode("iso2022_jp", "replace").split("\0", 1)[0])
    return clean(decoded(text if charset in _CHARSETS else data, _CHARSETS.get(charset)))


def _unicode(text: bytes, order: str) -> str:
    """Writers differ in the byte order: letters of many scripts have their zero bytes on one side."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").split("\0", 1)[0]
    first, second = text[0::2].count(0), text[1::2].count(0)
    charset = "utf-16-be" if first > second or (first == second and order == ">") else "utf-16-le"
    return text[: len(text) // 2 * 2].decode(charset, "replace").split("\0", 1)[0]


def _when(exif: Values) -> Taken | None:
    for date, offset, fraction in (ORIGINAL, DIGITIZED):
        if found := taken(_text(exif, date), _text(exif, offset), _text(exif, fraction)):
            return found
    return None


def _description(found: Ifds) -> str | None:
    written = clean(_text(found.image, DESCRIPTION))
    if written and written.upper() not in _STATED_BY_CAMERAS:
        return written
    comment = found.exif.get(USER_COMMENT)
    stated = user_comment(comment.data, comment.order) if comment else None
    return stated or clean(_windows(found, XP_COMMENT)) or clean(_windows(found, XP_SUBJECT))


def _text(values: Values, tag: int) -> str | None:
    value = values.get(tag)
    return decoded(value.data) if value is not None else None


def _name(values: Values, tag: int) -> str | None:
    return name(_text(values, tag))


def _windows(found: Ifds, tag: int) -> str | None:
    value = found.image.get(tag)
    return utf16(value.data) if value is not None else None


def _within(values: Values, tag: int, most: float) -> float | None:
    number = values[tag].number() if tag in values else None
    return number if number is not None and 0 < number <= most else None


def _rating(value: Value | None) -> int | None:
    number = value.number() if value is not None else None
    return int(number) if number is not None and 0 < number <= 5 else None
