"""EXIF's values as texts: the names and the words of exifread's tables, in a third of its time.

It reads a file number by number, which is as long for each photo as decoding a small one.
"""

import struct
from collections.abc import Mapping
from math import gcd
from typing import Any

from exifread.tags import IGNORE_TAGS
from exifread.tags.exif import EXIF_TAGS

from libs.common.imaging.metadata import ifds
from libs.common.imaging.metadata.ifds import EXIF_IFD, Value
from libs.common.imaging.metadata.text import decoded, utf16

Tags = Mapping[int, Any]

_ASCII, _MOST_NUMBERS, _SHOWN = 2, 1000, 20
_LONG_LIST = 50
_MOST_BYTES = 8192
"""Of a value: its text is left out when it is longer than a quarter of that."""
_KINDS = frozenset(range(1, 14))
_IGNORED = frozenset(IGNORE_TAGS)
_WINDOWS = frozenset(range(0x9C9B, 0x9CA0))


def printed(block: bytes) -> dict[str, str]:
    """Name and text of each value in the first directory of a TIFF structure and those below it.

    Raises nearly anything for what is damaged.
    """
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    texts: dict[str, str] = {}
    if order is not None and len(block) >= 8:
        _add(texts, block, struct.unpack_from(order + "I", block, 4)[0], "Image", EXIF_TAGS)
    return texts


def _add(texts: dict[str, str], block: bytes, offset: int, group: str, tags: Tags) -> None:
    # The tables nest three deep: a file cannot lead further.
    found = ifds.values(block, offset, "<" if block[:2] == b"II" else ">", None, most_bytes=_MOST_BYTES)
    for tag, value in found.items():
        if tag in _IGNORED or value.kind not in _KINDS:
            continue
        name, meaning = tags.get(tag) or (f"Tag 0x{tag:04X}", None)
        if isinstance(meaning, tuple):
            _add(texts, block, int(value.number() or 0), *meaning)
            meaning = None
        texts[f"{group} {name}"] = utf16(value.data) if tag in _WINDOWS else _text(value, meaning)
    if group == "Image" and EXIF_IFD in found:
        _add(texts, block, int(found[EXIF_IFD].number() or 0), "EXIF", tags)


def _text(value: Value, meaning: Any) -> str:
    """As exifread has it: one number alone, several in brackets, long lists cut, known ones in words."""
    values: Any = decoded(value.data) if value.kind == _ASCII else _numbers(value)
    if callable(meaning):
        return str(meaning(values))
    if meaning is not None:
        return "".join(meaning.get(each, repr(each)) for each in values)
    if isinstance(values, str):
        return values
    if len(values) == 1:
        return str(values[0])
    shown = ", ".join(map(str, values[:_SHOWN] if len(values) > _LONG_LIST else values))
    return f"[{shown}, ... ]" if len(values) > _LONG_LIST else f"[{shown}]"


def _numbers(value: Value) -> list[Any]:
    """Whole numbers, fractions as texts; none of very many, which are no facts for people."""
    count = len(value.data) // ifds.SIZES[value.kind]
    if count >= _MOST_NUMBERS:
        return []
    if value.kind in ifds.RATIONALS:
        return [
            _fraction(*pair)
            for pair in struct.iter_unpack(f"{value.order}2{ifds.RATIONALS[value.kind]}", value.data)
        ]
    numbers = list(struct.unpack(f"{value.order}{count}{ifds.CODES[value.kind]}", value.data))
    return [(number,) for number in numbers] if value.kind in (11, 12) else numbers


def _fraction(top: int, bottom: int) -> str:
    if bottom == 0:
        return f"{top}/0"
    divisor = gcd(top, bottom) * (-1 if bottom < 0 else 1)
    return str(top // divisor) if bottom == divisor else f"{top // divisor}/{bottom // divisor}"
