"""The items of a HEIF file, which AVIF and HEIC are: which one is the picture, and what is said of it.

Layout: ISO/IEC 23008-12, and ISO/IEC 14496-12, section 8.11. Nothing here trusts the file.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from libs.common.imaging.containers.boxes import Box, boxes

FULL_BOX = 4
"""Bytes of version and flags, at the beginning of some boxes."""
_MAX_ENTRIES = 4096
_NUMBER = 0x7FFF


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


def _aperture(data: bytes, box: Box, size: tuple[int, int]) -> Crop | None:
    numbers = struct.unpack_from(">IIIIiIiI", data, box.body)
    width, height, right, down = (numbers[at] / numbers[at + 1] for at in (0, 2, 4, 6))
    left, top = (size[0] - width) / 2 + right, (size[1] - height) / 2 + down
    crop = Crop(round(left), round(top), round(left + width), round(top + height))
    inside = 0 <= crop.left < crop.right <= size[0] and 0 <= crop.top < crop.bottom <= size[1]
    return crop if inside and (crop.right - crop.left, crop.bottom - crop.top) != size else None


def child(data: bytes, kind: bytes, parent: Box | None = None, skip: int = 0) -> Box:
    """The first box of a kind in its parent, or an empty one."""
    start, end = (0, len(data)) if parent is None else (parent.body + skip, parent.end)
    empty = Box(b"", 0, 0)
    return next((box for box in boxes(data, start, end) if box.kind == kind), empty)


def entries(data: bytes, meta: Box) -> Iterator[Box]:
    """The `infe` boxes, one for each item, of the versions that name its type."""
    listing = child(data, b"iinf", meta, FULL_BOX)
    count_bytes = 2 if data[listing.body : listing.body + 1] == b"\0" else 4
    start = listing.body + FULL_BOX + count_bytes
    for box in boxes(data, start, listing.end):
        if box.kind == b"infe" and data[box.body : box.body + 1] in (b"\2", b"\3"):
            yield box


def _properties(data: bytes) -> Iterator[Box]:
    """What is said of the primary picture."""
    meta = child(data, b"meta")
    about = child(data, b"iprp", meta, FULL_BOX)
    reported = list(boxes(data, child(data, b"ipco", about).body, child(data, b"ipco", about).end))
    item = _primary(data, meta)
    of_all = [entry for box in boxes(data, about.body, about.end) for entry in associations(data, box)]
    for number in (each & _NUMBER for entry in of_all if entry.item == item for each in entry.of):
        if 0 < number <= len(reported):
            yield reported[number - 1]


def kind_at(data: bytes, entry: Box) -> int:
    """Where the kind of an item stands in its entry, two bytes behind its number."""
    return entry.body + FULL_BOX + (2 if data[entry.body] == 2 else 4) + 2


def _primary(data: bytes, meta: Box) -> int:
    box = child(data, b"pitm", meta, FULL_BOX)
    width = 2 if data[box.body] == 0 else 4
    return int.from_bytes(data[box.body + FULL_BOX : box.body + FULL_BOX + width], "big")


class Association(NamedTuple):
    """The properties of an item: their numbers, from 1, with the highest of 16 bits of essential ones."""

    item: int
    of: tuple[int, ...]


def associations(data: bytes, box: Box) -> Iterator[Association]:
    """The entries of an `ipma` box, none of any other; struct.error or IndexError where it is damaged."""
    if box.kind != b"ipma":
        return
    width, size = (2 if data[box.body] == 0 else 4), (2 if data[box.body + 3] & 1 else 1)
    at = box.body + 8
    for _ in range(min(int.from_bytes(data[box.body + 4 : at], "big"), _MAX_ENTRIES)):
        item, count = int.from_bytes(data[at : at + width], "big"), data[at + width]
        at += width + 1
        listed = struct.unpack_from(f">{count}{'H' if size == 2 else 'B'}", data, at)
        # In a byte its highest bit says what in two bytes theirs does.
        of = listed if size == 2 else tuple((each & 0x80) << 8 | each & 0x7F for each in listed)
        yield Association(item, of)
        at += size * count
