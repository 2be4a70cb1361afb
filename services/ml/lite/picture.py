"""A picture, reduced to the few pixels that a perceptual descriptor looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.ml.pixels.opening import Opened, opened

SIDE = 64
"""Pixels a side of the square that every image is reduced to, whatever its aspect ratio."""
DECODE_SIDE = 2 * SIDE


@dataclass(frozen=True, slots=True)
class Picture:
    """`rgb` and `ycbcr` are SIDE x SIDE x 3, in 0..255; width and height are the whole image's, upright."""

    rgb: NDArray[np.uint8]
    ycbcr: NDArray[np.uint8]
    width: int
    height: int


def open_picture(data: bytes) -> Picture:
    """The picture in `data`; FileError if it cannot be read."""
    return reduced(opened(data, DECODE_SIDE))


def reduced(picture: Opened) -> Picture:
    """The picture at SIDE x SIDE pixels."""
    small = picture.image.resize((SIDE, SIDE), Image.Resampling.BOX)
    return Picture(np.asarray(small), np.asarray(small.convert("YCbCr")), picture.width, picture.height)
