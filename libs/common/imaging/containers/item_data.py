"""The data of HEIF's items: EXIF and XMP, for files whose decoder leaves them out.

Layout: ISO/IEC 14496-12, section 8.11.3; ISO/IEC 23008-12, annex A. Nothing here trusts the file.
"""

import struct
from collections.abc import Iterator

from libs.common.imaging.containers.items import FULL_BOX, child, entries, kind_at

_MOST_ITEMS, _MOST_PARTS, _MOST_BYTES = 4096, 64, 4 << 20
_IN_FILE, _IN_BOX = 0, 1
_TIFF_STARTS = (b"II*\0", b"MM\0*")
_OF_XMP = b"application/rdf+xml\0"


def exif_in(data: bytes) -> bytes:
    """The EXIF as a TIFF structure; b"" where there is none that can be read."""
    body = _first(data, b"Exif")
    starts = [at for start in _TIFF_STARTS if (at := body.find(start, 0, 64)) >= 0]
    return body[min(starts) :] if starts else b""


def xmp_in(data: bytes) -> bytes:
    """The XMP packet; b"" for none."""
    return _first(data, b"mime", _OF_XMP)


def _first(data: bytes, kind: bytes, content: bytes = b"") -> bytes:
    """The data of the first item of a kind, of this content where it has a name."""
    try:
        number = next((each for each, of in _items(data, kind) if content in of), None)
        return b"" if number is None else _located(data, number)
    except (struct.error, IndexError):
        return b""


def _items(data: bytes, kind: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers of the items of a kind, each with what else is said of it."""
    for entry in entries(data, child(data, b"meta")):
        at = kind_at(data, entry)
        if data[at : at + 4] == kind:
            yield int.from_bytes(data[entry.body + FULL_BOX : at - 2], "big"), data[at + 4 : entry.end]


def _located(data: bytes, wanted: int) -> bytes:
    """The data of an item; b"" where there is none, or more of it than any text has."""
    meta = child(data, b"meta")
    box, own = child(data, b"iloc", meta, FULL_BOX), child(data, b"idat", meta, FULL_BOX)
    reader = _Reader(data, box.body)
    version = reader.take(1)
    reader.take(3)
    sizes, more = reader.take(1), reader.take(1)
    widths = (more >> 4, more & 15 if version else 0, sizes >> 4, sizes & 15)
    for _ in range(min(reader.take(2 if version < 2 else 4), _MOST_ITEMS)):
        number = reader.take(2 if version < 2 else 4)
        method = reader.take(2) & 15 if version else _IN_FILE
        reader.take(2)
        start = {_IN_FILE: 0, _IN_BOX: own.body}.get(method, len(data))
        parts = list(reader.extents(widths))
        if number == wanted:
            small = sum(size for _, size in parts) <= _MOST_BYTES
            return b"".join(data[start + at : start + at + size] for at, size in parts) if small else b""
    return b""


class _Reader:
    """Whole numbers, one after another; IndexError beyond the end."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, width: int) -> int:
        if self._at + width > len(self._data):
            raise IndexError("the box ends before its numbers do")
        self._at += width
        return int.from_bytes(self._data[self._at - width : self._at], "big")

    def extents(self, widths: tuple[int, int, int, int]) -> Iterator[tuple[int, int]]:
        """Where the parts of an item begin, and their sizes; in what is said by its base and offsets."""
        base_width, index_width, offset_width, size_width = widths
        base = self.take(base_width)
        count = self.take(2)
        if count > _MOST_PARTS:
            raise IndexError("no text has so many parts")
        for _ in range(count):
            self.take(index_width)
            at = self.take(offset_width)
            yield base + at, self.take(size_width)
