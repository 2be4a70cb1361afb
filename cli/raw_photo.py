"""A camera RAW file made from a picture, since no installed package brings one along.

The container is TIFF 6.0, the tags are those of the DNG specification 1.4.
"""

import struct
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_WHITE = 4095
_DAYLIGHT = 21
_SENSOR = 32803
# From CIE XYZ to the linear light of sRGB: the sensor's colours are simply the picture's.
_XYZ_TO_SENSOR = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
_PRECISION = 10_000

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED_RATIONAL = 1, 2, 3, 4, 5, 10
_CODES = {_BYTE: "B", _ASCII: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "II", _SIGNED_RATIONAL: "ii"}

Entry = tuple[int, int, Sequence[int]]
"""A tag, its type, and its values; a rational is two."""


def dng(picture: Image.Image, *, orientation: int = 1, model: str = "Sample camera") -> bytes:
    """An uncompressed DNG whose sensor, RGGB of 12 bits, saw this RGB picture."""
    mosaic = _sensor(picture)
    entries = _entries(mosaic.shape[1], mosaic.shape[0], orientation, model)
    # Its length does not depend on the offset, which is the length.
    begins = 8 + len(directory(8, entries(0)))
    return b"II*\0" + struct.pack("<I", 8) + directory(8, entries(begins)) + mosaic.tobytes()


def directory(at: int, entries: Sequence[Entry]) -> bytes:
    """A TIFF directory that will lie at `at`, the entries sorted by tag, long values behind it."""
    head, behind = struct.pack("<H", len(entries)), b""
    behind_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        count = len(values) // len(_CODES[kind])
        value = struct.pack("<" + _CODES[kind] * count, *values)
        head += struct.pack("<HHI", tag, kind, count)
        head += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", behind_at + len(behind))
        behind += value if len(value) > 4 else b""
    return head + bytes(4) + behind


def _sensor(picture: Image.Image) -> NDArray[np.uint16]:
    """What each pixel of the sensor counted, shape (height, width), both even: one colour a pixel."""
    light = (np.asarray(picture.convert("RGB"), dtype=np.float32) / 255) ** 2.2
    height, width = (side - side % 2 for side in light.shape[:2])
    light = light[:height, :width]
    mosaic = light[:, :, 1].copy()
    mosaic[0::2, 0::2] = light[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = light[1::2, 1::2, 2]
    return np.rint(mosaic * _WHITE).astype("<u2")


def _entries(width: int, height: int, orientation: int, model: str) -> Callable[[int], list[Entry]]:
    """The directory of a sensor's data, by the offset at which the data begins."""
    matrix = [part for value in _XYZ_TO_SENSOR for part in (round(value * _PRECISION), _PRECISION)]
    return lambda begins: [
        (254, _LONG, [0]),  # NewSubfileType: the full picture
        (256, _LONG, [width]),
        (257, _LONG, [height]),
        (258, _SHORT, [16]),  # BitsPerSample
        (259, _SHORT, [1]),  # Compression: none
        (262, _SHORT, [_SENSOR]),  # PhotometricInterpretation
        (271, _ASCII, b"Sluice\0"),  # Make
        (272, _ASCII, model.encode() + b"\0"),
        (273, _LONG, [begins]),  # StripOffsets
        (274, _SHORT, [orientation]),
        (277, _SHORT, [1]),  # SamplesPerPixel
        (278, _LONG, [height]),  # RowsPerStrip
        (279, _LONG, [2 * width * height]),  # StripByteCounts
        (33421, _SHORT, [2, 2]),  # CFARepeatPatternDim
        (33422, _BYTE, [0, 1, 1, 2]),  # CFAPattern: RGGB
        (50706, _BYTE, [1, 4, 0, 0]),  # DNGVersion
        (50707, _BYTE, [1, 2, 0, 0]),  # DNGBackwardVersion
        (50708, _ASCII, f"Sluice {model}\0".encode()),  # UniqueCameraModel
        (50714, _SHORT, [0]),  # BlackLevel
        (50717, _SHORT, [_WHITE]),  # WhiteLevel
        (50721, _SIGNED_RATIONAL, matrix),  # ColorMatrix1
        (50728, _RATIONAL, [1] * 6),  # AsShotNeutral
        (50778, _SHORT, [_DAYLIGHT]),  # CalibrationIlluminant1
    ]
