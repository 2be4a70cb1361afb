"""The segments of a JPEG: what its frame is, and which passes over the picture are there.

Layout: ITU-T T.81, annex B. Nothing here trusts the file.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""What ends the data of a pass: no escaped byte, no restart."""
_SCAN, _END = 0xDA, 0xD9
_FRAMES = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 4096
_COEFFICIENTS = 64
_LOWEST_BIT = 0


class Frame(NamedTuple):
    """Bits of a sample, size in pixels, and the numbers of its components."""

    bits: int
    height: int
    width: int
    components: tuple[int, ...]


def frame(data: bytes) -> Frame | None:
    """The picture's frame; None where it is not there."""
    body = next((body for marker, body in _segments(data) if marker in _FRAMES), b"")
    if len(body) < 6:
        return None
    return Frame(
        body[0],
        int.from_bytes(body[1:3], "big"),
        int.from_bytes(body[3:5], "big"),
        tuple(body[6 : 6 + 3 * body[5] : 3]),
    )


def has_all_passes(data: bytes) -> bool:
    """Whether the passes that begin in it tell every bit of every coefficient of all components."""
    found = frame(data)
    if found is None or not found.components:
        return False
    told = {number: [False] * _COEFFICIENTS for number in found.components}
    for marker, body in _segments(data):
        if marker == _SCAN and body:
            _note(body, told)
    return all(all(component) for component in told.values())


def _note(scan: bytes, told: dict[int, list[bool]]) -> None:
    """Note what a pass tells to the last bit."""
    count = scan[0]
    if len(scan) < 4 + 2 * count:
        return
    first, last, bits = scan[1 + 2 * count : 4 + 2 * count]
    for number in scan[1 : 1 + 2 * count : 2]:
        if number in told and bits & 15 == _LOWEST_BIT:
            told[number][first : last + 1] = [True] * len(told[number][first : last + 1])


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment's marker and body; of a pass its head."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        found = _NEXT_MARKER.search(data, at)
        if found is None or data[found.start() + 1] == _END:
            return
        start = found.start() + 2
        size = int.from_bytes(data[start : start + 2], "big")
        yield data[start - 1], data[start + 2 : start + size]
        at = start + max(size, 2)
