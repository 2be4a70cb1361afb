"""Samples of any depth and kind, as the 8-bit picture that the rest works with."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Samples = NDArray[Any]
Meaning = Literal["grey", "white is zero", "RGB", "CMYK", "LAB", "ICC LAB"]

_BYTE = 255.0
_MODES: dict[Meaning, dict[int, str]] = {"RGB": {3: "RGB", 4: "RGBA"}, "CMYK": {4: "CMYK"}}
_GREY_MODES = {1: "L", 2: "LA"}


def picture(samples: Samples, meaning: Meaning, bits: int) -> Image.Image:
    """The picture of (height, width, channels) samples, `bits` each where they are whole numbers.

    A channel more than the meaning has is its transparency; further ones are left out. ValueError for shapes
    and kinds that are no picture.
    """
    if meaning in ("LAB", "ICC LAB"):
        return _image(_lab_levels(samples[..., :3], meaning, bits), {3: "LAB"})
    levels = _levels(samples, bits)
    if meaning == "white is zero":
        levels[..., 0] = 255 - levels[..., 0]
    return _image(levels, _MODES.get(meaning, _GREY_MODES))


def _image(levels: NDArray[np.uint8], modes: dict[int, str]) -> Image.Image:
    height, width, channels = levels.shape
    count = max((count for count in modes if count <= channels), default=0)
    if not count:
        raise ValueError(f"{channels} channels are no picture")
    kept = np.ascontiguousarray(levels[..., :count])
    return Image.frombytes(modes[count], (width, height), kept.tobytes())


def _levels(samples: Samples, bits: int) -> NDArray[np.uint8]:
    """0 to 255 of whole numbers of so many bits, or of fractions, which have no agreed white."""
    if samples.dtype.kind == "f":
        return _measured(samples)
    if samples.dtype.kind == "i":
        samples = samples.astype(np.int64) + (1 << (bits - 1))
    if samples.dtype == np.uint8 and bits == 8:
        return samples.copy()
    scaled = samples.astype(np.float32) * np.float32(_BYTE / ((1 << bits) - 1))
    return (scaled + np.float32(0.5)).astype(np.uint8)


def _measured(samples: Samples) -> NDArray[np.uint8]:
    """From 0 to 1 where all of them are, else between their extremes."""
    finite = samples[np.isfinite(samples)]
    if not finite.size:
        raise ValueError("samples that are not finite numbers")
    low, high = float(finite.min()), float(finite.max())
    if low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    scale = _BYTE / (high - low) if high > low else 0.0
    scaled = (np.nan_to_num(samples, nan=low, posinf=high, neginf=low).astype(np.float64) - low) * scale
    return (scaled + 0.5).astype(np.uint8)


def _lab_levels(samples: Samples, meaning: Meaning, bits: int) -> NDArray[np.uint8]:
    """Lightness as it is, the two colour axes as signed numbers, which is how Pillow takes them.

    CIELAB stores them so; ICC LAB has their middle in the middle (TIFF 6.0, section 23).
    """
    if samples.dtype.kind not in "ui" or bits not in (8, 16):
        raise ValueError(f"LAB of {bits} bits, kind {samples.dtype.kind}")
    levels = (samples.astype(np.uint16) >> (bits - 8)).astype(np.uint8)
    if meaning == "ICC LAB":
        levels[..., 1:] ^= 0x80
    return levels
