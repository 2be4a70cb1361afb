"""HEIF files without what keeps a decoder from their picture, in as many bytes: nothing in them moves."""

import struct

from libs.common.imaging.containers.boxes import Box, boxes
from libs.common.imaging.containers.items import FULL_BOX, associations, child, entries, kind_at

_HEAD = 8
_LONG_NUMBERS, _LONG_ITEMS = 1, 1 << 24
"""In the flags and the version of an `ipma` box."""


def without_extras(data: bytes) -> bytes:
    """The file with its EXIF, its texts, its gain map and its groups told as what no decoder knows."""
    head = int.from_bytes(data[:4], "big")
    # Who promises a gain map must have one.
    plain = bytearray(data[:head].replace(b"tmap", b"miaf") + data[head:])
    meta = child(data, b"meta")
    groups = child(data, b"grpl", meta, FULL_BOX)
    if groups.kind:
        plain[groups.body - 4 : groups.body] = b"free"
    for entry in entries(data, meta):
        at = kind_at(data, entry)
        if data[at : at + 4] in (b"Exif", b"mime", b"tmap"):
            plain[at : at + 4] = b"skip"
    return bytes(plain)


def with_one_list(data: bytes) -> bytes:
    """The file with all properties of items in one `ipma` box, where there are several: libavif takes no
    two of the same version, which encoders of 2020 wrote. The bytes that are left follow the last property.
    """
    about = child(data, b"iprp", child(data, b"meta"), FULL_BOX)
    inside = list(boxes(data, about.body, about.end))
    lists = [box for box in inside if box.kind == b"ipma"]
    if len(lists) < 2 or inside != [inside[0], *lists] or inside[-1].end > len(data):
        return data
    try:
        together = _together(data, lists)
    except (struct.error, IndexError, ValueError):
        return data
    properties = data[inside[0].body : inside[0].end]
    left = inside[-1].end - inside[0].body - len(properties) - len(together)
    if left < _HEAD or inside[0].kind != b"ipco":
        return data
    padded = properties + struct.pack(">I4s", left, b"free").ljust(left, b"\0")
    body = struct.pack(">I4s", _HEAD + len(padded), b"ipco") + padded + together
    return data[: inside[0].body - _HEAD] + body + data[inside[-1].end :]


def _together(data: bytes, lists: list[Box]) -> bytes:
    """One box of what these say, ordered by items; ValueError for more than an item can have."""
    found: dict[int, dict[int, None]] = {}
    for box in lists:
        for item, of in associations(data, box):
            found.setdefault(item, {}).update(dict.fromkeys(of))
    narrow = all(each & 0x7FFF < 0x80 for of in found.values() for each in of)
    short = all(item < 1 << 16 for item in found)
    flags = (0 if narrow else _LONG_NUMBERS) + (0 if short else _LONG_ITEMS)
    entries = b"".join(
        struct.pack(">H" if short else ">I", item) + bytes((len(of),)) + _numbers(list(of), narrow=narrow)
        for item, of in sorted(found.items())
    )
    size = _HEAD + 8 + len(entries)
    return struct.pack(">I4sII", size, b"ipma", flags, len(found)) + entries


def _numbers(of: list[int], *, narrow: bool) -> bytes:
    if not narrow:
        return struct.pack(f">{len(of)}H", *of)
    return bytes((each >> 8 & 0x80) | (each & 0x7F) for each in of)
