"""The boxes that HEIC, AVIF, CR3 and JPEG XL files consist of: enough to tell them apart, and cut ones.

Layout: ISO/IEC 14496-12, section 4.2. Nothing here trusts the file: a size may be anything.
"""

from collections.abc import Iterator
from typing import NamedTuple

_HEAD = 8
_MAX_BOXES = 1024


class Box(NamedTuple):
    """One box: its four letters, where its body begins, and where it says that it ends."""

    kind: bytes
    body: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two offsets, in order, at most 1024; the last one may end beyond the data."""
    at, stop = start, len(data) if end is None else min(end, len(data))
    for _ in range(_MAX_BOXES):
        if at + _HEAD > stop:
            return
        box = _box(data, at, stop)
        yield box
        if box.end <= at:
            return
        at = box.end


def brands(data: bytes) -> list[bytes]:
    """What a file that begins with `ftyp` says it is: its major brand, then those it is compatible with.

    The beginning of the file will do; it may cut the list short.
    """
    end = min(int.from_bytes(data[:4], "big"), len(data))
    found = [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]
    return [brand for brand in found if len(brand) == 4]


def with_known_brand(data: bytes) -> bytes:
    """The file as of the brand that all decoders know, where its own is the newer `mif2`."""
    return data[:8] + b"mif1" + data[12:] if data[8:12] == b"mif2" else data


def is_cut_short(data: bytes) -> bool:
    """Whether the last box on the top level says that it ends beyond the data, or has no head."""
    end = 0
    for box in boxes(data):
        end = box.end
    return end != len(data)


def _box(data: bytes, at: int, stop: int) -> Box:
    size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
    match size:
        case 0:  # to the end of the file
            return Box(kind, at + _HEAD, stop)
        case 1:
            long = int.from_bytes(data[at + _HEAD : at + 16], "big")
            return Box(kind, at + 16, at + long)
        case _:
            return Box(kind, at + _HEAD, at + size)
