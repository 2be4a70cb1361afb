"""Colours that a PNG tells by an exponent and by its primaries (`gAMA`, `cHRM`), as browsers show them.

PNG, third edition, 11.3.2: they count where it has neither code points nor a profile, nor says that it is
sRGB.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from libs.common.imaging import cicp

_SRGB_EXPONENT, _SAME_EXPONENT = 2.2, 0.06
"""What programs write for sRGB's curve, as 1 / 2.2 or 1 / 2.25, and how far off it may be."""
_LEAST, _MOST = 0.5, 4.0
"""Exponents beyond are mistakes."""
_SAME_PLACE = 0.004
_SRGB_PRIMARIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def profile_of(info: Mapping[str | tuple[int, int], object]) -> bytes | None:
    """The profile of what Pillow found in a PNG; None where it is sRGB, says nothing or cannot be right."""
    gamma, places = info.get("gamma"), info.get("chromaticity")
    if "srgb" in info or not isinstance(gamma, float) or not gamma:
        return None
    stated = places if isinstance(places, tuple) and len(places) == 8 else _SRGB_PRIMARIES
    return _profile(1 / gamma, tuple(float(each) for each in stated))


@lru_cache(maxsize=32)
def _profile(exponent: float, places: tuple[float, ...]) -> bytes | None:
    is_srgb_curve = abs(exponent - _SRGB_EXPONENT) <= _SAME_EXPONENT
    is_srgb_place = all(abs(a - b) <= _SAME_PLACE for a, b in zip(places, _SRGB_PRIMARIES, strict=True))
    can_be = _LEAST <= exponent <= _MOST and all(0 <= place <= 1 for place in places)
    if not can_be or (is_srgb_curve and is_srgb_place):
        return None
    white, *colours = zip(places[::2], places[1::2], strict=True)
    try:
        return cicp.made_of((*colours, white), cicp.power(exponent))
    except (ZeroDivisionError, np.linalg.LinAlgError, struct.error, OverflowError, ValueError):
        return None  # they span no colours, or none that a profile can hold
