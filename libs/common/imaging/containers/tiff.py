"""The directories of a TIFF container, which many RAW formats are too: enough to tell them apart.

Layout: TIFF 6.0, section 2; BigTIFF has offsets and counts of 8 bytes. Nothing here trusts the file: offsets
may point anywhere, and into loops.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
MAKE = 271
STRIP_OFFSETS, STRIP_BYTES = 273, 279
ORIENTATION, PLANAR, COLOUR_MAP = 274, 284, 320
TILE_OFFSETS, TILE_BYTES = 324, 325
SUB_IFDS = 330
SAMPLE_FORMAT = 339
SUBSAMPLING = 530
JPEG_OFFSET, JPEG_BYTES = 513, 514
DNG_VERSION = 50706

COLOUR_FILTER_ARRAY, LINEAR_RAW = 32803, 34892
"""Values of PHOTOMETRIC that only sensor data have."""

_REDUCED, _OLD_REDUCED = 1, 2
"""The bit of SUBFILE_TYPE, and the value of the older tag, that say: a smaller version of another picture."""
_MASK = 4
"""The bit of SUBFILE_TYPE, and the value of PHOTOMETRIC, that say: what is transparent of another picture."""
_THUMBNAIL_SHARE, _SAME_SHAPE = 16, 0.05

_READ = frozenset(
    (
        *(SUBFILE_TYPE, OLD_SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, MAKE),
        *(STRIP_OFFSETS, STRIP_BYTES),
        *(ORIENTATION, PLANAR, COLOUR_MAP, TILE_OFFSETS, TILE_BYTES, SUB_IFDS, SAMPLE_FORMAT),
        *(JPEG_OFFSET, JPEG_BYTES, SUBSAMPLING, DNG_VERSION),
    )
)
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 13: "I", 16: "Q", 18: "Q"}
_MAX_DIRECTORIES = 32
_MAX_ENTRIES = 1024
_MAX_VALUES = 1 << 18

Values = tuple[int, ...]


class _Layout(NamedTuple):
    """Byte order, and how wide offsets and the number of entries are."""

    order: str
    offset: str
    number: str
    entry: str

    @property
    def entry_bytes(self) -> int:
        return struct.calcsize(self.order + self.entry) + struct.calcsize(self.order + self.offset)


@dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory: the tags that matter here, with their integers, and where it lies."""

    tags: dict[int, Values]
    offset: int = 0
    beyond: bool = False
    """Whether values of these tags lie beyond the end of the data."""

    def first(self, tag: int) -> int | None:
        """The first value of `tag`, or None."""
        values = self.tags.get(tag, ())
        return values[0] if values else None

    @property
    def is_sensor(self) -> bool:
        """Whether its picture data is a sensor's, not yet a picture."""
        return self.first(PHOTOMETRIC) in (COLOUR_FILTER_ARRAY, LINEAR_RAW)

    @property
    def is_reduced(self) -> bool:
        """Whether it says of itself that it is a smaller version of another picture."""
        stated = self.first(SUBFILE_TYPE)
        return bool(stated & _REDUCED) if stated is not None else self.first(OLD_SUBFILE_TYPE) == _OLD_REDUCED

    @property
    def is_mask(self) -> bool:
        """Whether it says what is transparent of another picture."""
        return bool((self.first(SUBFILE_TYPE) or 0) & _MASK) or self.first(PHOTOMETRIC) == _MASK

    @property
    def pixels(self) -> int:
        """Width times height; 0 where it does not say."""
        return (self.first(WIDTH) or 0) * (self.first(HEIGHT) or 0)

    @property
    def has_data(self) -> bool:
        """Whether it says where a picture's data lie; a thumbnail's JPEG is told otherwise."""
        return STRIP_OFFSETS in self.tags or TILE_OFFSETS in self.tags

    def text(self, tag: int) -> str:
        """The value of an ASCII tag, without its end mark."""
        return (
            bytes(value & 0xFF for value in self.tags.get(tag, ())).split(b"\0")[0].decode("latin-1").strip()
        )

    def data_end(self) -> int:
        """The offset at which this directory says its picture data ends."""
        ends = [0]
        for offsets, lengths in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
            pairs = zip(self.tags.get(offsets, ()), self.tags.get(lengths, ()), strict=False)
            ends += [offset + length for offset, length in pairs]
        return max(ends)


def is_tiff(data: bytes) -> bool:
    """Whether `data` begins as a TIFF container does, byte order and magic number."""
    return data[:4] in (b"II*\0", b"MM\0*") or is_big(data)


def is_big(data: bytes) -> bool:
    """Whether it is a BigTIFF."""
    return data[:4] in (b"II+\0", b"MM\0+")


def directories(data: bytes) -> list[Directory]:
    """The readable directories, main ones and their sub-directories, at most 32."""
    if not is_tiff(data) or len(data) < (16 if is_big(data) else 8):
        return []
    layout = _layout(data)
    found: list[Directory] = []
    seen: set[int] = set()
    ahead = [struct.unpack_from(layout.order + layout.offset, data, 8 if is_big(data) else 4)[0]]
    while ahead and len(found) < _MAX_DIRECTORIES:
        offset = ahead.pop(0)
        if offset in seen or not 8 <= offset <= len(data) - struct.calcsize(layout.order + layout.number):
            continue
        seen.add(offset)
        directory, following = _directory(data, offset, layout)
        found.append(directory)
        ahead += [*directory.tags.get(SUB_IFDS, ()), *following]
    return found


def picture_of(found: list[Directory]) -> Directory | None:
    """Of these directories the picture: the first, but where that is a reduced version, whether it says so or
    not, the largest that is none.
    """
    if not found:
        return None
    whole = [each for each in found if not (each.is_reduced or each.is_mask)]
    largest = max(whole, key=lambda each: each.pixels, default=found[0])
    return found[0] if found[0] in whole and not _is_thumbnail(found[0], largest) else largest


def _is_thumbnail(first: Directory, largest: Directory) -> bool:
    """Whether it has the shape of the other one and a small share of its pixels: pages of a document differ
    less.
    """
    if not first.pixels or largest.pixels < _THUMBNAIL_SHARE * first.pixels:
        return False
    shape, other = ((each.first(WIDTH) or 0) / (each.first(HEIGHT) or 1) for each in (first, largest))
    return abs(shape / other - 1) <= _SAME_SHAPE


def is_cut_short(data: bytes) -> bool:
    """Whether the first directory, or anything that one of them names, lies beyond the end of `data`."""
    found = directories(data)
    return is_tiff(data) and (not found or any(_ends_beyond(directory, len(data)) for directory in found))


def lacks_sensor_data(data: bytes) -> bool:
    """Whether sensor data that a directory names lies beyond the end of `data`."""
    return any(directory.is_sensor and directory.data_end() > len(data) for directory in directories(data))


def lacks_directories(found: list[Directory], size: int) -> bool:
    """Whether a sub-directory lies beyond so many bytes, or where it lies does."""
    return any(max(each.tags.get(SUB_IFDS, ()), default=0) >= size or each.beyond for each in found)


def _ends_beyond(directory: Directory, size: int) -> bool:
    named = max(directory.tags.get(SUB_IFDS, ()), default=0)
    return directory.beyond or directory.data_end() > size or named >= size


def _layout(data: bytes) -> _Layout:
    order = "<" if data[:2] == b"II" else ">"
    return _Layout(order, "Q", "Q", "HHQ") if is_big(data) else _Layout(order, "I", "H", "HHI")


def _directory(data: bytes, offset: int, layout: _Layout) -> tuple[Directory, Values]:
    """The directory at `offset`, and the offset of the next one, if any."""
    (count,) = struct.unpack_from(layout.order + layout.number, data, offset)
    count = min(count, _MAX_ENTRIES)
    start = offset + struct.calcsize(layout.order + layout.number)
    entries = dict(_entries(data, start, count, layout))
    end = start + layout.entry_bytes * count
    whole = end + struct.calcsize(layout.order + layout.offset) <= len(data)
    following = struct.unpack_from(layout.order + layout.offset, data, end) if whole else ()
    tags = {tag: values for tag, values in entries.items() if values}
    beyond = any(values is None for values in entries.values())
    return Directory(tags, offset, beyond), tuple(value for value in following if value)


def _entries(data: bytes, start: int, count: int, layout: _Layout) -> Iterator[tuple[int, Values | None]]:
    size = layout.entry_bytes
    inline = struct.calcsize(layout.order + layout.entry)
    for at in range(start, min(start + size * count, len(data) - size + 1), size):
        tag, kind, length = struct.unpack_from(layout.order + layout.entry, data, at)
        if tag in _READ and kind in _FORMATS and length <= _MAX_VALUES:
            yield tag, _values(data, at + inline, f"{length}{_FORMATS[kind]}", layout)


def _values(data: bytes, at: int, values: str, layout: _Layout) -> Values | None:
    """The integers of one entry: in its last bytes, or where those point if they do not fit. None if that is
    beyond the data.
    """
    size = struct.calcsize(layout.order + values)
    if size > struct.calcsize(layout.order + layout.offset):
        (at,) = struct.unpack_from(layout.order + layout.offset, data, at)
    return struct.unpack_from(layout.order + values, data, at) if at + size <= len(data) else None
