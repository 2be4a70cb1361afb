"""What a BigTIFF says, as the plain TIFF structure that readers of EXIF know.

Layout: TIFF 6.0, section 2; BigTIFF has offsets and counts of 8 bytes. Nothing here trusts the file.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from libs.common.imaging.metadata.ifds import EXIF_IFD, GPS_IFD, SIZES

_LONG = 4
_WIDE = {13: 4, 16: 8, 18: 8}
"""Types of offsets, by their bytes; those of 8 exist in a BigTIFF alone."""
_MOST_ENTRIES, _MOST_BYTES = 512, 8 << 20
_DATA_TAGS = frozenset((273, 279, 324, 325, 330))
"""Where the picture lies: nothing that is read, and much of it."""


class _Entry(NamedTuple):
    tag: int
    kind: int
    number: int
    data: bytes


def classic(data: bytes) -> bytes:
    """The first directory and those of EXIF and GPS, without where the picture lies."""
    order = "<" if data[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "Q", data, 8)
    head = data[:2] + struct.pack(order + "HI", 42, 8)
    return head + _directory(data, first, order, 8, nested=True)


def _directory(data: bytes, offset: int, order: str, at: int, *, nested: bool) -> bytes:
    """The directory at `offset` as it is at `at` of the new structure, what it refers to after it."""
    entries = list(_entries(data, offset, order))
    listed = struct.pack(order + "H", len(entries))
    behind = b""
    behind_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, number, value in entries:
        here = behind_at + len(behind)
        if tag in (EXIF_IFD, GPS_IFD):
            inner = int.from_bytes(value, "little" if order == "<" else "big") if nested else 0
            behind += _directory(data, inner, order, here, nested=False)
            listed += struct.pack(order + "HHII", tag, _LONG, 1, here)
            continue
        listed += struct.pack(order + "HHI", tag, kind, number)
        listed += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", here)
        behind += (value + b"\0" * (len(value) % 2)) if len(value) > 4 else b""
    return listed + bytes(4) + behind


def _entries(data: bytes, offset: int, order: str) -> Iterator[_Entry]:
    """The entries whose values are there, in their order."""
    if not 0 < offset <= len(data) - 8:
        return
    (count,) = struct.unpack_from(order + "Q", data, offset)
    end = min(offset + 8 + 20 * min(count, _MOST_ENTRIES), len(data) - 19)
    left = _MOST_BYTES
    for at in range(offset + 8, end, 20):
        tag, kind, number = struct.unpack_from(order + "HHQ", data, at)
        size = number * (_WIDE.get(kind) or SIZES.get(kind, 0))
        start = at + 12 if size <= 8 else struct.unpack_from(order + "Q", data, at + 12)[0]
        is_read = kind in SIZES or tag in (EXIF_IFD, GPS_IFD)
        if is_read and tag not in _DATA_TAGS and 0 < size <= left and start + size <= len(data):
            left -= size
            yield _Entry(tag, kind, number, data[start : start + size])
