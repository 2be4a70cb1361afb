"""Opening what a client sent: upright, in RGB, decoded no larger than a model needs it."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from libs.common.errors import Code, FileError

_MAX_PIXELS = 89_000_000
"""Just under the size at which Pillow itself warns of a decompression bomb."""


@dataclass(frozen=True, slots=True)
class Opened:
    """`image` is RGB and upright; width and height are the whole picture's, which may be larger."""

    image: Image.Image
    width: int
    height: int


def opened(data: bytes, side: int) -> Opened:
    """The picture in `data`, its shorter side at least `side` pixels where it has them.

    Transparency is shown on white. FileError if it cannot be read.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _opened(image, side)
    except FileError:
        raise
    except Exception as error:
        raise FileError(
            Code.DECODE_FAILED, f"not a readable image: {error or type(error).__name__}"
        ) from error


def _opened(image: Image.Image, side: int) -> Opened:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise FileError(Code.TOO_MANY_PIXELS, f"{width} x {height} pixels are more than {_MAX_PIXELS:,}")
    # JPEG is then decoded at the smallest DCT scale that still has the pixels needed: up to 5 times faster.
    image.draft("RGB", (side, side))
    turned = image.getexif().get(0x0112, 1) >= 5
    ImageOps.exif_transpose(image, in_place=True)
    return Opened(_opaque(image), *((height, width) if turned else (width, height)))


def _opaque(image: Image.Image) -> Image.Image:
    """`image` in RGB: 16-bit grey scaled down, transparency laid on white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        image.load()
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
