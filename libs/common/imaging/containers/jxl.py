"""The size of a JPEG XL picture, from its header: the decoder tells it only after decoding everything.

Layout: ISO/IEC 18181-1, SizeHeader; ISO/IEC 18181-2 for the container.
"""

from libs.common.imaging.containers.boxes import boxes

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"

_HEADER_BYTES = 16
_SIDE_BITS = (9, 13, 18, 30)
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def size_of(data: bytes) -> tuple[int, int]:
    """(width, height) as stored, before any orientation. ValueError if there is no codestream."""
    bits = _Bits(_codestream(data))
    small = bits.take(1) == 1
    height = _side(bits, small)
    ratio = bits.take(3)
    if ratio == 0:
        return _side(bits, small), height
    across, down = _RATIOS[ratio]
    return height * across // down, height


class _Bits:
    """Bits from the lowest of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._left & ((1 << count) - 1)
        self._left >>= count
        return value


def _side(bits: _Bits, small: bool) -> int:
    """Small pictures count in eights."""
    if small:
        return (bits.take(5) + 1) * 8
    return bits.take(_SIDE_BITS[bits.take(2)]) + 1


def _codestream(data: bytes) -> bytes:
    """The codestream's beginning, after its signature."""
    at = 0
    if data.startswith(CONTAINER):
        at = next((_start(box.kind, box.body) for box in boxes(data) if box.kind in (b"jxlc", b"jxlp")), -1)
    if at < 0 or data[at : at + 2] != CODESTREAM:
        raise ValueError("there is no codestream in it")
    return data[at + 2 : at + 2 + _HEADER_BYTES]


def _start(kind: bytes, body: int) -> int:
    """A part of a codestream has its number before it."""
    return body + 4 if kind == b"jxlp" else body
