"""Samples of any depth and kind, as the 8-bit picture that the rest works with."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Samples = NDArray[Any]
Meaning = Literal["grey", "white is zero", "RGB", "CMYK", "LAB", "ICC LAB"]
Alpha = Literal["none", "plain", "premultiplied"]

_BYTE = 255.0
_MODES: dict[Meaning, str] = {
    **dict.fromkeys(("grey", "white is zero"), "L"),
    "RGB": "RGB",
    "CMYK": "CMYK",
    **dict.fromkeys(("LAB", "ICC LAB"), "LAB"),
}
_WHITES: dict[str, tuple[int, ...]] = {"L": (255,), "RGB": (255,) * 3, "CMYK": (0,) * 4, "LAB": (255, 0, 0)}


def picture(samples: Samples, meaning: Meaning, bits: int, alpha: Alpha = "none") -> Image.Image:
    """The picture of (height, width, channels) samples, `bits` each where they are whole numbers.

    The channel after those of the meaning is its transparency, if `alpha` says so, and is shown on white;
    further ones are left out. ValueError for shapes and kinds that are no picture.
    """
    mode = _MODES[meaning]
    height, width, channels = samples.shape
    count = len(_WHITES[mode])
    if channels < count:
        raise ValueError(f"{channels} channels are no picture of {mode}")
    colours = _colours(samples[..., :count], meaning, bits)
    if alpha != "none" and channels > count:
        colours = _on_white(colours, _opacity(samples[..., count], bits), alpha, mode)
    return Image.frombytes(mode, (width, height), np.ascontiguousarray(colours).tobytes())


def _colours(samples: Samples, meaning: Meaning, bits: int) -> NDArray[np.uint8]:
    if meaning in ("LAB", "ICC LAB"):
        return _lab_levels(samples, meaning, bits)
    levels = _levels(samples, bits)
    return 255 - levels if meaning == "white is zero" else levels


def _opacity(samples: Samples, bits: int) -> NDArray[np.float32]:
    """From 0, where nothing is seen of the picture, to 1."""
    is_fraction = samples.dtype.kind == "f"
    shares = np.clip(np.nan_to_num(samples), 0, 1) if is_fraction else _levels(samples, bits) / _BYTE
    return np.asarray(shares[..., np.newaxis], np.float32)


def _on_white(
    colours: NDArray[np.uint8], opacity: NDArray[np.float32], alpha: Alpha, mode: str
) -> NDArray[np.uint8]:
    """In the picture's own colours, which have a white of their own; the axes of LAB are signed."""
    kind = np.int8 if mode == "LAB" else np.uint8
    white = np.array(_WHITES[mode], np.float32)
    shown = colours.astype(np.float32)
    shown[..., 1:] = colours[..., 1:].view(kind)
    shown = shown if alpha == "premultiplied" else shown * opacity
    blended = np.clip(shown + white * (1 - opacity), -128, 255)
    return _bytes(blended)


def _bytes(levels: Samples) -> NDArray[np.uint8]:
    """Rounded; numbers below zero as signed bytes."""
    return np.asarray(np.rint(levels).astype(np.int16), np.uint8)


def _levels(samples: Samples, bits: int) -> NDArray[np.uint8]:
    """0 to 255 of whole numbers of so many bits, or of fractions, which have no agreed white."""
    if samples.dtype.kind == "f":
        return _measured(samples)
    if samples.dtype.kind == "i":
        samples = samples.astype(np.int64) + (1 << (bits - 1))
    if samples.dtype == np.uint8 and bits == 8:
        return samples
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

    CIELAB stores them so; ICC LAB has their middle in the middle (TIFF 6.0, section 23). As fractions they
    are the numbers themselves, lightness up to 100.
    """
    if samples.dtype.kind == "f":
        scaled = np.nan_to_num(samples) * np.array((_BYTE / 100, 1, 1), samples.dtype)
        return _bytes(np.clip(scaled, (0, -128, -128), (255, 127, 127)))
    if samples.dtype.kind not in "ui" or bits not in (8, 16):
        raise ValueError(f"LAB of {bits} bits, kind {samples.dtype.kind}")
    levels = (samples.astype(np.uint16) >> (bits - 8)).astype(np.uint8)
    if meaning == "ICC LAB":
        levels[..., 1:] ^= 0x80
    return levels
