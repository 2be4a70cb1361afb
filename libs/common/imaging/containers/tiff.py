"""The directories of a TIFF container, which many RAW formats are too: enough to tell them apart.

Layout: TIFF 6.0, section 2. Nothing here trusts the file: offsets may point anywhere, and into loops.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAKE = 271
PHOTOMETRIC = 262
STRIP_OFFSETS, STRIP_BYTES = 273, 279
TILE_OFFSETS, TILE_BYTES = 324, 325
SUB_IFDS = 330
DNG_VERSION = 50706

COLOUR_FILTER_ARRAY, LINEAR_RAW = 32803, 34892
"""Values of PHOTOMETRIC that only sensor data have."""

_READ = frozenset(
    (MAKE, PHOTOMETRIC, STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES, SUB_IFDS, DNG_VERSION)
)
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 13: "I"}
_MAX_DIRECTORIES = 32
_MAX_ENTRIES = 1024
_MAX_VALUES = 1 << 18

Values = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory: the tags that matter here, with their integers."""

    tags: dict[int, Values]

    def first(self, tag: int) -> int | None:
        """The first value of `tag`, or None."""
        values = self.tags.get(tag, ())
        return values[0] if values else None

    @property
    def is_sensor(self) -> bool:
        """Whether its picture data is a sensor's, not yet a picture."""
        return self.first(PHOTOMETRIC) in (COLOUR_FILTER_ARRAY, LINEAR_RAW)

    def text(self, tag: int) -> str:
        """The value of an ASCII tag, without its end mark."""
        return bytes(self.tags.get(tag, ())).split(b"\0")[0].decode("latin-1").strip()

    def data_end(self) -> int:
        """The offset at which this directory says its picture data ends."""
        ends = [0]
        for offsets, lengths in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
            pairs = zip(self.tags.get(offsets, ()), self.tags.get(lengths, ()), strict=False)
            ends += [offset + length for offset, length in pairs]
        return max(ends)


def is_tiff(data: bytes) -> bool:
    """Whether `data` begins as a TIFF container does, byte order and magic number."""
    return data[:4] in (b"II*\0", b"MM\0*")


def directories(data: bytes) -> list[Directory]:
    """The readable directories, main ones and their sub-directories, at most 32."""
    if not is_tiff(data) or len(data) < 8:
        return []
    order = "<" if data[:2] == b"II" else ">"
    found: list[Directory] = []
    seen: set[int] = set()
    ahead = [struct.unpack_from(f"{order}I", data, 4)[0]]
    while ahead and len(found) < _MAX_DIRECTORIES:
        offset = ahead.pop(0)
        if offset in seen or not 8 <= offset <= len(data) - 2:
            continue
        seen.add(offset)
        directory, following = _directory(data, offset, order)
        found.append(directory)
        ahead += [*directory.tags.get(SUB_IFDS, ()), *following]
    return found


def is_cut_short(data: bytes) -> bool:
    """Whether the first directory, or picture data that any one names, lies beyond the end of `data`."""
    found = directories(data)
    return is_tiff(data) and (not found or any(directory.data_end() > len(data) for directory in found))


def lacks_sensor_data(data: bytes) -> bool:
    """Whether sensor data that a directory names lies beyond the end of `data`."""
    return any(directory.is_sensor and directory.data_end() > len(data) for directory in directories(data))


def _directory(data: bytes, offset: int, order: str) -> tuple[Directory, Values]:
    """The directory at `offset`, and the offset of the next one, if any."""
    (count,) = struct.unpack_from(f"{order}H", data, offset)
    count = min(count, _MAX_ENTRIES)
    tags = {tag: values for tag, values in _entries(data, offset + 2, count, order) if values}
    end = offset + 2 + 12 * count
    following = struct.unpack_from(f"{order}I", data, end) if end + 4 <= len(data) else ()
    return Directory(tags), tuple(value for value in following if value)


def _entries(data: bytes, start: int, count: int, order: str) -> Iterator[tuple[int, Values]]:
    for at in range(start, min(start + 12 * count, len(data) - 11), 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", data, at)
        if tag in _READ and kind in _FORMATS and length <= _MAX_VALUES:
            yield tag, _values(data, at + 8, f"{length}{_FORMATS[kind]}", order)


def _values(data: bytes, at: int, layout: str, order: str) -> Values:
    """The integers of one entry: in its last four bytes, or where those point if they do not fit."""
    size = struct.calcsize(order + layout)
    if size > 4:
        (at,) = struct.unpack_from(f"{order}I", data, at)
    return struct.unpack_from(order + layout, data, at) if at + size <= len(data) else ()
