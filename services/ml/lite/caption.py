"""A factual caption: what can be measured in the pixels, and nothing that would have to be guessed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.ml.lite.colours import colourfulness, dominant_colours
from services.ml.lite.picture import Picture


def caption(picture: Picture) -> str:
    """One line: format, colours, brightness, contrast, detail.

    For example "landscape photo, mostly dark blue and green, bright, low contrast, fine detail".
    """
    luma = picture.ycbcr[..., 0].astype(np.float32) / 255
    facts = (
        f"{_format(picture.width, picture.height)} {_kind(picture)}",
        _colours(picture),
        _brightness(float(luma.mean())),
        _contrast(float(luma.std())),
        _detail(luma),
    )
    return ", ".join(filter(None, facts))


def _format(width: int, height: int) -> str:
    ratio = width / height
    if ratio > 2:
        return "panoramic"
    if ratio > 1.05:
        return "landscape"
    return "portrait" if ratio < 1 / 1.05 else "square"


def _kind(picture: Picture) -> str:
    return "black-and-white photo" if _is_grey(picture) else "photo"


def _colours(picture: Picture) -> str:
    return "" if _is_grey(picture) else "mostly " + (" and ".join(dominant_colours(picture.rgb)) or "mixed")


def _is_grey(picture: Picture) -> bool:
    return colourfulness(picture.rgb) < 0.015


def _brightness(mean: float) -> str:
    return "dark" if mean < 0.3 else "bright" if mean > 0.6 else "medium brightness"


def _contrast(deviation: float) -> str:
    return "low contrast" if deviation < 0.12 else "high contrast" if deviation > 0.25 else "medium contrast"


def _detail(luma: NDArray[np.floating[Any]]) -> str:
    """By the mean step between neighbouring pixels of the reduced image."""
    steps = float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean())
    return "smooth" if steps < 0.04 else "fine detail" if steps > 0.12 else ""
