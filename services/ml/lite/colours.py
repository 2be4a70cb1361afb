"""Colours by the names that people search for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
_HUE_ENDS = np.array([15, 45, 70, 165, 200, 260, 295, 345])
"""Degrees at which each hue ends; what is left up to 360 is red again."""
_NAMES = (*_HUES, "black", "grey", "white")
_BLACK, _GREY, _WHITE = (_NAMES.index(name) for name in ("black", "grey", "white"))

_MOSTLY = 0.15
"""Share of the pixels that makes a colour worth naming."""
_DARK, _LIGHT = 0.4, 0.75

_Floats = NDArray[np.floating[Any]]


def dominant_colours(rgb: NDArray[np.uint8]) -> list[str]:
    """Names of at most two colours that cover most of the pixels (any shape, RGB last), largest first."""
    pixels = rgb.reshape(-1, 3).astype(np.float32) / 255
    names = _name_indices(pixels)
    shares = np.bincount(names, minlength=len(_NAMES)) / len(names)
    largest = np.argsort(-shares, kind="stable")[:2]
    return [_shade(int(name), pixels[names == name]) for name in largest if shares[name] >= _MOSTLY]


def colourfulness(rgb: NDArray[np.uint8]) -> float:
    """Mean distance between the largest and smallest channel, 0 (grey) to 1."""
    return float((rgb.max(axis=-1).astype(np.float32) - rgb.min(axis=-1)).mean() / 255)


def _name_indices(pixels: _Floats) -> NDArray[np.intp]:
    highest, lowest = pixels.max(axis=1), pixels.min(axis=1)
    spread = highest - lowest
    names = np.searchsorted(_HUE_ENDS, _hue(pixels, highest, spread), side="right") % len(_HUES)
    plain = spread < np.maximum(0.08, 0.15 * highest)
    names[plain] = _GREY
    names[plain & (lowest > 0.85)] = _WHITE
    names[highest < 0.15] = _BLACK
    return names.astype(np.intp)


def _hue(pixels: _Floats, highest: _Floats, spread: _Floats) -> _Floats:
    """Degrees of the colour circle, as in HSV; 0 where there is no colour."""
    red, green, blue = pixels.T
    safe = np.where(spread == 0, 1, spread)
    sector = np.where(
        highest == red,
        (green - blue) / safe,
        np.where(highest == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    degrees: _Floats = (sector * 60) % 360
    return degrees


def _shade(name: int, pixels: _Floats) -> str:
    if name in (_BLACK, _WHITE):
        return _NAMES[name]
    value = float(pixels.max(axis=1).mean())
    if _NAMES[name] == "orange" and value < 0.6:
        return "brown"
    if _NAMES[name] == "orange" and _pale(name, value, pixels):
        return "beige"
    prefix = "dark " if value < _DARK else "light " if _pale(name, value, pixels) else ""
    return prefix + _NAMES[name]


def _pale(name: int, value: float, pixels: _Floats) -> bool:
    return value > _LIGHT and (name == _GREY or float(pixels.min(axis=1).mean()) > 0.5)
