"""Lenses of the Four Thirds mount, which older bodies name by numbers alone; newer ones write the name too.

exiftool reads each of these numbers as the same lens (`tests/unit/imaging/metadata/test_lenses.py`).
"""

_SIZE = 6
_ZUIKO = {
    (1, 0): "ED 50mm F2.0 Macro",
    (1, 1): "40-150mm F3.5-4.5",
    (2, 0): "ED 150mm F2.0",
    (3, 0): "ED 300mm F2.8",
    (5, 0): "14-54mm F2.8-3.5",
    (5, 1): "Pro ED 90-250mm F2.8",
    (6, 0): "ED 50-200mm F2.8-3.5",
    (6, 1): "ED 8mm F3.5 Fisheye",
    (7, 0): "11-22mm F2.8-3.5",
    (7, 1): "18-180mm F3.5-6.3",
    (8, 1): "70-300mm F4.0-5.6",
    (0x15, 0): "ED 7-14mm F4.0",
    (0x17, 0): "Pro ED 35-100mm F2.0",
    (0x18, 0): "14-45mm F3.5-5.6",
    (0x20, 0): "35mm F3.5 Macro",
    (0x22, 0): "17.5-45mm F3.5-5.6",
    (0x23, 0): "ED 14-42mm F3.5-5.6",
    (0x24, 0): "ED 40-150mm F4.0-5.6",
    (0x30, 0): "ED 50-200mm F2.8-3.5 SWD",
    (0x31, 0): "ED 12-60mm F2.8-4.0 SWD",
    (0x32, 0): "ED 14-35mm F2.0 SWD",
    (0x33, 0): "25mm F2.8",
    (0x34, 0): "ED 9-18mm F4.0-5.6",
    (0x35, 0): "14-54mm F2.8-3.5 II",
}
"""By model and sub-model."""


def lens_of(data: bytes) -> str | None:
    """The lens in the six bytes of its type: maker, a byte of no meaning, model, sub-model; else None."""
    if len(data) != _SIZE or data[0] != 0:
        return None
    name = _ZUIKO.get((data[2], data[3]))
    return f"Olympus Zuiko Digital {name}" if name else None


TYPES = tuple(bytes((0, 0, model, below, 0, 0)) for model, below in _ZUIKO)
"""Those that are known."""
