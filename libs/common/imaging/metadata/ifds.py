"""The values of EXIF's directories, raw, straight from a TIFF structure: only those that are read.

Layout: TIFF 6.0, section 2; CIPA DC-008 for the directories. Nothing here trusts the file.
"""

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
CODES = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
RATIONALS = {5: "I", 10: "i"}
_ENTRIES = {order: struct.Struct(order + "HHII") for order in "<>"}
_MOST_ENTRIES = 512
_MOST_BYTES = 4 << 20
_MOST_NUMBERS = 64
_GPS_TAGS = frozenset(range(32))
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
POINTERS = frozenset((EXIF_IFD, GPS_IFD))


class Value(NamedTuple):
    """One entry's data. `at` is where it lies in the structure."""

    kind: int
    data: bytes
    order: str
    at: int

    def numbers(self) -> list[float]:
        """Its numbers, at most 64; a fraction without a denominator is left out, which makes it none."""
        if self.kind in RATIONALS:
            code = f"{self.order}2{RATIONALS[self.kind]}"
            fractions = list(struct.iter_unpack(code, self.data[: 8 * _MOST_NUMBERS]))
            return [top / bottom for top, bottom in fractions] if all(b for _, b in fractions) else []
        if self.kind not in CODES:
            return []
        count = min(len(self.data) // SIZES[self.kind], _MOST_NUMBERS)
        return list(struct.unpack_from(f"{self.order}{count}{CODES[self.kind]}", self.data))

    def number(self) -> float | None:
        """Its first number."""
        code = CODES.get(self.kind)
        if code is not None and len(self.data) == SIZES[self.kind]:
            return float(struct.unpack(self.order + code, self.data)[0])
        if self.kind in RATIONALS and len(self.data) == SIZES[self.kind]:
            top, bottom = struct.unpack(self.order + 2 * RATIONALS[self.kind], self.data)
            return top / bottom if bottom else None
        found = self.numbers()
        return found[0] if found else None


Values = Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Ifds:
    """What was found in each directory, by tag, and the structure that it lies in."""

    image: Values = field(default_factory=dict)
    exif: Values = field(default_factory=dict)
    gps: Values = field(default_factory=dict)
    block: bytes = b""


def read(block: bytes, image: Collection[int], exif: Collection[int]) -> Ifds:
    """The values of these tags in the first directory, POINTERS too, in EXIF's own, and all of GPS's."""
    order = "<" if block[:2] == b"II" else ">"
    main = first(block, image)
    return Ifds(
        main,
        values(block, _pointer(main, EXIF_IFD), order, exif),
        values(block, _pointer(main, GPS_IFD), order, _GPS_TAGS),
        block,
    )


def first(block: bytes, wanted: Collection[int] | None = None) -> dict[int, Value]:
    """The values of these tags, or of all, in the first directory of a structure."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return {}
    return values(block, struct.unpack_from(order + "I", block, 4)[0], order, wanted)


def values(
    block: bytes,
    offset: int,
    order: str,
    wanted: Collection[int] | None,
    base: int = 0,
    most_bytes: int = _MOST_BYTES,
) -> dict[int, Value]:
    """The entries of one directory, offsets counted from `base`.

    What lies beyond the data, and values of more than `most_bytes`, are left out.
    """
    at = base + offset
    if offset <= 0 or at + 2 > len(block):
        return {}
    (count,) = struct.unpack_from(order + "H", block, at)
    found: dict[int, Value] = {}
    whole = min(count, _MOST_ENTRIES, (len(block) - at - 2) // 12)
    entries = _ENTRIES[order].iter_unpack(block[at + 2 : at + 2 + 12 * whole])
    end, here = len(block), at - 2
    for tag, kind, length, where in entries:
        here += 12  # where the entry's own four bytes lie
        if (wanted is None or tag in wanted) and tag not in found and kind in SIZES:
            size = length * SIZES[kind]
            start = here if size <= 4 else base + where
            if size <= most_bytes and start + size <= end:
                found[tag] = Value(kind, block[start : start + size], order, start)
    return found


def _pointer(directory: Values, tag: int) -> int:
    value = directory.get(tag)
    return int(value.number() or 0) if value is not None else 0
