"""JPEG 2000: how deep its samples are, and the ICC profile in its boxes, which Pillow leaves out.

Layout: ITU-T T.800, annexes A.5.1 and I.5.3. Nothing here trusts the file.
"""

from typing import NamedTuple

from libs.common.imaging.containers.boxes import boxes

_SIZE = b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"
_COMPONENTS_AT, _DEPTHS_AT = 40, 42
_ENUMERATED, _BY_PROFILE = 1, (2, 3)
_CMYK = 12


class Header(NamedTuple):
    """Size in pixels, bits of the first component's samples, and how many components there are."""

    width: int
    height: int
    bits: int
    components: int


def header(data: bytes) -> Header | None:
    """The codestream's header; None where it is not there."""
    at = 0 if data.startswith(_SIZE) else next((b.body for b in boxes(data) if b.kind == b"jp2c"), -1)
    if at < 0 or at + _DEPTHS_AT >= len(data):
        return None
    right, low, left, top = (int.from_bytes(data[n : n + 4], "big") for n in range(at + 8, at + 24, 4))
    count = int.from_bytes(data[at + _COMPONENTS_AT : at + _DEPTHS_AT], "big")
    return Header(right - left, low - top, (data[at + _DEPTHS_AT] & 0x7F) + 1, count)


def profile(data: bytes) -> bytes | None:
    """The ICC profile; None where its colours are told otherwise."""
    stated = _colour(data)
    return stated[3:] if stated[:1] and stated[0] in _BY_PROFILE else None


def is_cmyk(data: bytes) -> bool:
    """Whether its components are inks, by number or by its profile."""
    stated = _colour(data)
    if stated[:1] == bytes((_ENUMERATED,)):
        return int.from_bytes(stated[3:7], "big") == _CMYK
    return (profile(data) or b"")[16:20] == b"CMYK"


def is_cut_short(data: bytes) -> bool:
    """Whether the codestream is not there, or lacks the marker that ends it."""
    end = len(data) if data.startswith(_SIZE) else next((b.end for b in boxes(data) if b.kind == b"jp2c"), 0)
    return not data[:end].rstrip(b"\0").endswith(_END)


def _colour(data: bytes) -> bytes:
    """The first box that tells of colours; b"" for none, as in a mere codestream."""
    for outer in boxes(data):
        if outer.kind == b"jp2h":
            inside = boxes(data, outer.body, outer.end)
            return next((data[box.body : box.end] for box in inside if box.kind == b"colr"), b"")
    return b""
