"""A second look at the pixels of two pictures whose embeddings are alike, before anything is advised.

Embeddings of screenshots that differ in their text can reach 0.999. Here two pictures are the same only
where, after one straight line for brightness and contrast, no block of them differs.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 192
BLOCK = 8
"""Pixels: both pictures are compared at SIDE x SIDE, in blocks of BLOCK x BLOCK."""
MOST_PIXELS = 1024 * 1024
"""Of a thumbnail; ours have 200 x 200 at the most."""
RATIO = 0.02
"""How much the ratio of width and height may differ, in its logarithm: resizing rounds."""
GAIN = (0.6, 1.7)
"""How much the contrast may differ."""
BLOCK_DIFFERENCE = 8.0
"""How much a block may differ, in grey levels: the mean over its pixels. Documents that differ in one number
had 9 at the least: docs/duplicates.md."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """A picture as it is compared: SIDE x SIDE grey levels, its ratio, and how sharp it is.

    `sharpness` is the variance of the Laplacian, in squared grey levels: compare it between pictures only.
    """

    grey: Grey
    ratio: float
    sharpness: float


def look_at(jpeg: bytes) -> Look | None:
    """The picture in a thumbnail; None where none can be read. Blocks for about a millisecond."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            whole = image.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    small = whole.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return Look(np.asarray(small, dtype=np.uint8), math.log(whole.width / whole.height), _sharpness(whole))


def are_same(one: Look, other: Look) -> bool:
    """Whether both show the same pixels, at whatever size, quality, brightness and contrast."""
    if abs(one.ratio - other.ratio) > RATIO:
        return False
    first, second = one.grey.astype(np.float32), other.grey.astype(np.float32)
    gain, offset = _line(first, second)
    if not GAIN[0] <= gain <= GAIN[1]:
        return False
    difference = np.abs(gain * first + offset - second)
    blocks = difference.reshape(SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK).mean(axis=(1, 3))
    return bool(blocks.max() <= BLOCK_DIFFERENCE)


def _line(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset that bring the first nearest to the second; a plain picture has a gain of 1."""
    deviation, mean, wanted = float(one.std()), float(one.mean()), float(other.mean())
    gain = 1.0 if deviation < 1.0 else float(((one - mean) * (other - wanted)).mean()) / deviation**2
    return gain, wanted - gain * mean


def _sharpness(whole: Image.Image) -> float:
    grey = np.asarray(whole, dtype=np.float32)
    if min(grey.shape) < 3:
        return 0.0
    middle = 4 * grey[1:-1, 1:-1]
    return float((middle - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]).var())
