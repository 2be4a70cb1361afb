"""The lens in a maker's own note.

Layouts of the notes: exiv2.org/makernote.html and exiftool.org/TagNames.
"""

import struct
from collections.abc import Callable

from libs.common.imaging.metadata import ifds
from libs.common.imaging.metadata.ifds import Ifds
from libs.common.imaging.metadata.lenses import numbered, olympus, sony
from libs.common.imaging.metadata.lenses.words import described, named

_NOTE = 0x927C
_UNDEFINED = 7


def noted(found: Ifds, make: str) -> str | None:
    """The lens in the note of a maker, whose name is in capitals. struct.error, LookupError where damaged."""
    note = found.exif.get(_NOTE)
    if note is None:
        return None
    for begins, read in _BY_BEGINNING:
        if note.data.startswith(begins):
            return read(found.block, note.at, note.order)
    return next(
        (read(found.block, note.at, note.order) for start, read in _BY_MAKE if make.startswith(start)), None
    )


def _canon(block: bytes, at: int, order: str) -> str | None:
    """The note is a directory, its offsets those of EXIF."""
    found = ifds.values(block, at, order, (0x0095, 0x0001))
    stated = named(found[0x0095].data) if 0x0095 in found else None
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
    """Offsets count from the note's beginning."""
    head = 16 if block[at : at + 9] == b"OM SYSTEM" else 12
    order = {b"II": "<", b"MM": ">"}.get(block[at + head - 4 : at + head - 2], order)
    return _equipment(block, head, order, at)


def _old_olympus(block: bytes, at: int, order: str) -> str | None:
    """Offsets are those of EXIF."""
    return _equipment(block, at + 8, order, 0)


def _equipment(block: bytes, start: int, order: str, base: int) -> str | None:
    """Olympus' equipment has a directory of its own: where a number points, or in the entry's data itself."""
    entry = ifds.values(block, start, order, (0x2010,), base).get(0x2010)
    if entry is None:
        return None
    within = entry.kind == _UNDEFINED
    equipment = entry.at - base if within else int(entry.number() or 0)
    found = ifds.values(block, equipment, order, (0x0201, 0x0203), base)
    name = named(found[0x0203].data) if 0x0203 in found else None
    return name or (olympus.lens_of(found[0x0201].data) if 0x0201 in found else None)


def _panasonic(block: bytes, at: int, order: str) -> str | None:
    found = ifds.values(block, at + 12, order, (0x0051,))
    return named(found[0x0051].data) if 0x0051 in found else None


def _fujifilm(block: bytes, at: int, _: str) -> str | None:
    """Always little-endian, offsets from the note's beginning."""
    (first,) = struct.unpack_from("<I", block, at + 8)
    tags = (0x1404, 0x1405, 0x1406, 0x1407)
    found = ifds.values(block, first, "<", tags, at)
    numbers = [found[tag].number() or 0.0 for tag in tags if tag in found]
    return described(numbers)


def _sony(block: bytes, at: int, order: str) -> str | None:
    """A directory, with or without a head; its offsets are those of EXIF."""
    start = at + 12 if block[at : at + 5] == b"SONY " else at
    found = ifds.values(block, start, order, (0xB02A,))
    return sony.lens_of(found[0xB02A].data) if 0xB02A in found else None


def _pentax(block: bytes, at: int, order: str) -> str | None:
    """Writers count offsets differently; what is read here lies within its entry."""
    head = 10 if block[at : at + 7] == b"PENTAX " else 6
    order = {b"II": "<", b"MM": ">"}.get(block[at + head - 2 : at + head], order)
    found = ifds.values(block, head, order, (0x003F,), at)
    kind = found[0x003F].data[:2] if 0x003F in found else b""
    return numbered.PENTAX.get((kind[0], kind[1])) if len(kind) == 2 else None


def _samsung(block: bytes, at: int, order: str) -> str | None:
    found = ifds.values(block, at, order, (0xA003,))
    return numbered.SAMSUNG.get(int(found[0xA003].number() or 0)) if 0xA003 in found else None


_BY_BEGINNING: tuple[tuple[bytes, Callable[[bytes, int, str], str | None]], ...] = (
    (b"Nikon\0\x02", _nikon),
    (b"OLYMPUS\0", _olympus),
    (b"OLYMP\0", _old_olympus),
    (b"OM SYSTEM\0", _olympus),
    (b"Panasonic\0", _panasonic),
    (b"FUJIFILM", _fujifilm),
    (b"AOC\0", _pentax),
    (b"PENTAX \0", _pentax),
)
_BY_MAKE: tuple[tuple[str, Callable[[bytes, int, str], str | None]], ...] = (
    ("CANON", _canon),
    ("SONY", _sony),
    ("SAMSUNG", _samsung),
)
