"""From a picture to the square of pixels that a model takes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling

Pixels = NDArray[np.uint8]
"""Height x width x RGB, or several of those."""


def centre_square(
    image: Image.Image, short_side: int, side: int, filter_: Resampling = Resampling.BICUBIC
) -> Pixels:
    """The middle `side` x `side` pixels of the picture scaled to `short_side` pixels on its shorter side."""
    taken = min(image.size) * side / short_side
    left, top = (image.width - taken) / 2, (image.height - taken) / 2
    if round(taken) == side:
        # Pictures mostly come at the size that the model asked for: then there is nothing to scale.
        if image.size == (side, side):
            return np.asarray(image)
        x, y = int(left), int(top)
        return np.asarray(image.crop((x, y, x + side, y + side)))
    box = (left, top, left + taken, top + taken)
    return np.asarray(image.resize((side, side), filter_, box=box))


def noise(side: int, count: int = 16) -> Pixels:
    """Squares to measure with, always the same."""
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def squeezed_square(image: Image.Image, side: int, filter_: Resampling = Resampling.BICUBIC) -> Pixels:
    """The whole picture at `side` x `side` pixels, whatever its shape."""
    return np.asarray(image.resize((side, side), filter_))


def padded_square(image: Image.Image, side: int, filter_: Resampling = Resampling.BICUBIC) -> Pixels:
    """The whole picture in its shape, in the middle of a black square of `side` pixels."""
    scale = side / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    square = Image.new("RGB", (side, side))
    square.paste(image.resize(size, filter_), ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(square)
