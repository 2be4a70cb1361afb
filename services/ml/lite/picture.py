"""An encoded image, reduced to the few pixels that a perceptual descriptor looks at."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from libs.common.errors import Code, FileError

SIDE = 64
"""Pixels a side of the square that every image is reduced to, whatever its aspect ratio."""

_DECODE_SIDE = 2 * SIDE
_MAX_PIXELS = 89_000_000
"""Just under the size at which Pillow itself warns of a decompression bomb."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`rgb` and `ycbcr` are SIDE x SIDE x 3, in 0..255; width and height are the whole image's, upright."""

    rgb: NDArray[np.uint8]
    ycbcr: NDArray[np.uint8]
    width: int
    height: int


def open_picture(data: bytes) -> Picture:
    """The picture in `data`, upright, transparency shown on white; FileError if it cannot be read."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _reduce(image)
    except FileError:
        raise
    except Exception as error:
        raise FileError(
            Code.DECODE_FAILED, f"not a readable image: {error or type(error).__name__}"
        ) from error


def _reduce(image: Image.Image) -> Picture:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise FileError(Code.TOO_MANY_PIXELS, f"{width} x {height} pixels are more than {_MAX_PIXELS:,}")
    # JPEG is then decoded at the DCT scale that still has twice the pixels needed: 5 times faster.
    image.draft("RGB", (_DECODE_SIDE, _DECODE_SIDE))
    upright = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) >= 5:
        width, height = height, width
    small = _opaque(upright).resize((SIDE, SIDE), Image.Resampling.BOX)
    return Picture(np.asarray(small), np.asarray(small.convert("YCbCr")), width, height)


def _opaque(image: Image.Image) -> Image.Image:
    """`image` in RGB: 16-bit grey scaled down, transparency laid on white."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
