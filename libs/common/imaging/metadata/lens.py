"""The lens: what EXIF says, else what the maker's own note does, else its focal lengths.

Layouts of the notes: exiv2.org/makernote.html and exiftool.org/TagNames.
"""

import struct
from collections.abc import Callable, Sequence

from libs.common.imaging.metadata import ifds
from libs.common.imaging.metadata.ifds import Ifds
from libs.common.imaging.metadata.text import decoded, name

_LENS_MODEL, _SPECIFICATION, _NOTE = 0xA434, 0xA432, 0x927C
_UNKNOWN = frozenset(("", "----", "--", "unknown", "none", "n/a", "0"))


def lens_of(found: Ifds, make: str) -> str | None:
    """The lens in words; None where nothing tells it."""
    model = found.exif.get(_LENS_MODEL)
    stated = _named(model.data) if model is not None else None
    if stated:
        return stated
    try:
        noted = _noted(found, make.upper())
    except (struct.error, LookupError):
        noted = None
    specification = found.exif.get(_SPECIFICATION)
    return noted or (described(specification.numbers()) if specification is not None else None)


def described(numbers: Sequence[float]) -> str | None:
    """A lens by its shortest and longest focal length in mm, and the largest apertures at those."""
    if len(numbers) < 4 or not 0 < numbers[0] <= numbers[1]:
        return None
    focal = _range(numbers[0], numbers[1])
    fastest = _range(numbers[2], numbers[3]) if numbers[2] > 0 else ""
    return f"{focal}mm" + (f" f/{fastest}" if fastest else "")


def _noted(found: Ifds, make: str) -> str | None:
    note = found.exif.get(_NOTE)
    if note is None:
        return None
    for begins, read in _BY_BEGINNING:
        if note.data.startswith(begins):
            return read(found.block, note.at, note.order)
    return _canon(found.block, note.at, note.order) if make.startswith("CANON") else None


def _canon(block: bytes, at: int, order: str) -> str | None:
    """The note is a directory, its offsets those of EXIF."""
    found = ifds.values(block, at, order, (0x0095, 0x0001))
    stated = _named(found[0x0095].data) if 0x0095 in found else None
    if stated or 0x0001 not in found:
        return stated
    settings = found[0x0001].numbers()
    longest, shortest, unit = (settings[n] for n in (23, 24, 25))
    return described((shortest / unit, longest / unit, 0, 0)) if unit > 0 else None


def _nikon(block: bytes, at: int, _: str) -> str | None:
    """The note has a TIFF structure of its own, ten bytes in."""
    base = at + 10
    order = {b"II": "<", b"MM": ">"}[block[base : base + 2]]
    (first,) = struct.unpack_from(order + "I", block, base + 4)
    found = ifds.values(block, first, order, (0x0084,), base)
    return described(found[0x0084].numbers()) if 0x0084 in found else None


def _olympus(block: bytes, at: int, order: str) -> str | None:
    """Offsets count from the note's beginning; the equipment has a directory of its own."""
    head = 16 if block[at : at + 9] == b"OM SYSTEM" else 12
    order = {b"II": "<", b"MM": ">"}.get(block[at + head - 4 : at + head - 2], order)
    found = ifds.values(block, head, order, (0x2010,), at)
    equipment = int(found[0x2010].number() or 0) if 0x2010 in found else 0
    lens = ifds.values(block, equipment, order, (0x0203,), at)
    return _named(lens[0x0203].data) if 0x0203 in lens else None


def _panasonic(block: bytes, at: int, order: str) -> str | None:
    found = ifds.values(block, at + 12, order, (0x0051,))
    return _named(found[0x0051].data) if 0x0051 in found else None


def _fujifilm(block: bytes, at: int, _: str) -> str | None:
    """Always little-endian, offsets from the note's beginning."""
    (first,) = struct.unpack_from("<I", block, at + 8)
    tags = (0x1404, 0x1405, 0x1406, 0x1407)
    found = ifds.values(block, first, "<", tags, at)
    numbers = [found[tag].number() or 0.0 for tag in tags if tag in found]
    return described(numbers)


_BY_BEGINNING: tuple[tuple[bytes, Callable[[bytes, int, str], str | None]], ...] = (
    (b"Nikon\0\x02", _nikon),
    (b"OLYMPUS\0", _olympus),
    (b"OM SYSTEM\0", _olympus),
    (b"Panasonic\0", _panasonic),
    (b"FUJIFILM", _fujifilm),
)


def _named(data: bytes) -> str | None:
    stated = name(decoded(data))
    return stated if stated and stated.strip("- ").lower() not in _UNKNOWN else None


def _range(low: float, high: float) -> str:
    return f"{low:.3g}" if high <= low or high <= 0 else f"{low:.3g}-{high:.3g}"
