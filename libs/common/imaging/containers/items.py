"""The items of a HEIF file, which AVIF and HEIC are: which one is the picture, and what is said of it.

Layout: ISO/IEC 23008-12, and ISO/IEC 14496-12, section 8.11. Nothing here trusts the file.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from libs.common.imaging.containers.boxes import Box, boxes

_FULL_BOX = 4
_MAX_ENTRIES = 4096


class Crop(NamedTuple):
    """The part of a picture that is to be shown, in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int


def crop_of(data: bytes, size: tuple[int, int]) -> Crop | None:
    """What the clean aperture (`clap`) of the primary picture leaves of its `size`; None for all of it."""
    try:
        box = next((box for box in _properties(data) if box.kind == b"clap"), None)
        return None if box is None else _aperture(data, box, size)
    except (struct.error, IndexError, ZeroDivisionError):
        return None


def colours_of(data: bytes) -> tuple[int, int] | None:
    """Colour primaries and transfer characteristics of the primary picture (`nclx`), as numbers of H.273."""
    try:
        for box in _properties(data):
            if box.kind == b"colr" and data[box.body : box.body + 4] == b"nclx":
                return struct.unpack_from(">HH", data, box.body + 4)
    except (struct.error, IndexError):
        return None
    return None


def without_extras(data: bytes) -> bytes:
    """The file with its EXIF, its texts, its gain map and its groups told as what no decoder knows."""
    head = int.from_bytes(data[:4], "big")
    # Who promises a gain map must have one.
    plain = bytearray(data[:head].replace(b"tmap", b"miaf") + data[head:])
    meta = _child(data, b"meta")
    groups = _child(data, b"grpl", meta, _FULL_BOX)
    if groups.kind:
        plain[groups.body - 4 : groups.body] = b"free"
    for entry in _entries(data, meta):
        at = entry.body + _FULL_BOX + (2 if data[entry.body] == 2 else 4) + 2
        if data[at : at + 4] in (b"Exif", b"mime", b"tmap"):
            plain[at : at + 4] = b"skip"
    return bytes(plain)


def _aperture(data: bytes, box: Box, size: tuple[int, int]) -> Crop | None:
    numbers = struct.unpack_from(">IIIIiIiI", data, box.body)
    width, height, right, down = (numbers[at] / numbers[at + 1] for at in (0, 2, 4, 6))
    left, top = (size[0] - width) / 2 + right, (size[1] - height) / 2 + down
    crop = Crop(round(left), round(top), round(left + width), round(top + height))
    inside = 0 <= crop.left < crop.right <= size[0] and 0 <= crop.top < crop.bottom <= size[1]
    return crop if inside and (crop.right - crop.left, crop.bottom - crop.top) != size else None


def _child(data: bytes, kind: bytes, parent: Box | None = None, skip: int = 0) -> Box:
    """The first box of a kind in its parent, or an empty one."""
    start, end = (0, len(data)) if parent is None else (parent.body + skip, parent.end)
    empty = Box(b"", 0, 0)
    return next((box for box in boxes(data, start, end) if box.kind == kind), empty)


def _entries(data: bytes, meta: Box) -> Iterator[Box]:
    """The `infe` boxes, one for each item, of the versions that name its type."""
    listing = _child(data, b"iinf", meta, _FULL_BOX)
    count_bytes = 2 if data[listing.body : listing.body + 1] == b"\0" else 4
    start = listing.body + _FULL_BOX + count_bytes
    for box in boxes(data, start, listing.end):
        if box.kind == b"infe" and data[box.body : box.body + 1] in (b"\2", b"\3"):
            yield box


def _properties(data: bytes) -> Iterator[Box]:
    """What is said of the primary picture."""
    meta = _child(data, b"meta")
    about = _child(data, b"iprp", meta, _FULL_BOX)
    reported = list(boxes(data, _child(data, b"ipco", about).body, _child(data, b"ipco", about).end))
    for number in _associations(data, _child(data, b"ipma", about), _primary(data, meta)):
        if 0 < number <= len(reported):
            yield reported[number - 1]


def _primary(data: bytes, meta: Box) -> int:
    box = _child(data, b"pitm", meta, _FULL_BOX)
    width = 2 if data[box.body] == 0 else 4
    return int.from_bytes(data[box.body + _FULL_BOX : box.body + _FULL_BOX + width], "big")


def _associations(data: bytes, box: Box, item: int) -> list[int]:
    """The numbers, from 1, of the properties that an item has."""
    version, long = data[box.body], data[box.body + 3] & 1
    at = box.body + 8
    for _ in range(min(int.from_bytes(data[box.body + 4 : at], "big"), _MAX_ENTRIES)):
        width = 2 if version == 0 else 4
        found, count = int.from_bytes(data[at : at + width], "big"), data[at + width]
        at += width + 1
        size = 2 if long else 1
        mask = (1 << (8 * size - 1)) - 1
        numbers = [
            int.from_bytes(data[at + size * n : at + size * (n + 1)], "big") & mask for n in range(count)
        ]
        if found == item:
            return numbers
        at += size * count
    return []
