"""Sony's and Minolta's lenses, which say in eight bytes what is written on them.

Two bytes of features, the first of them in front and the second at the end; between them focal lengths in mm
and apertures in tenths, as decimal digits.
"""

from typing import NamedTuple

from libs.common.imaging.metadata.lenses.words import spanned

_SIZE = 8


class _Feature(NamedTuple):
    mask: int
    words: dict[int, str]


_BEFORE = (
    _Feature(0x0300, {0x0100: "DT", 0x0200: "FE", 0x0300: "E"}),
    _Feature(0x4000, {0x4000: "PZ"}),
)
_AFTER = (
    _Feature(0x00E0, {0x0020: "STF", 0x0040: "Reflex", 0x0060: "Macro", 0x0080: "Fisheye"}),
    _Feature(0x000C, {0x0004: "ZA", 0x0008: "G"}),
    _Feature(0x0003, {0x0001: "SSM", 0x0002: "SAM"}),
    _Feature(0x8000, {0x8000: "OSS"}),
    _Feature(0x2000, {0x2000: "LE"}),
    _Feature(0x0800, {0x0800: "II"}),
)


def lens_of(data: bytes) -> str | None:
    """`DT 18-55mm F3.5-5.6 SAM`; None where they say nothing."""
    digits = data[1:7].hex()
    if len(data) != _SIZE or not digits.isdigit():
        return None
    short, long, wide, tele = (int(part) for part in (digits[:4], digits[4:8], digits[8:10], digits[10:]))
    if not (short and wide):
        return None
    features = data[0] << 8 | data[7]
    optics = f"{spanned(short, long)}mm F{spanned(wide / 10, tele / 10)}"
    return " ".join((*_words(features, _BEFORE), optics, *_words(features, _AFTER)))


def _words(features: int, known: tuple[_Feature, ...]) -> list[str]:
    return [each.words[features & each.mask] for each in known if features & each.mask in each.words]
