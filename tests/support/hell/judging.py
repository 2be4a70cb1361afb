"""Whether an outcome is one that a person can live with."""

import io
import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise

MOST_LETTERS = 160
_OF_MACHINES = re.compile(r"Traceback|Error\(|Exception|0x[0-9a-f]{4}|<[a-z_.]+ |object at|\bNone\b|\\x|\n")


def is_for_people(sentence: str | None) -> bool:
    """Whether it is one short line without anything that only a programmer would write."""
    return bool(sentence) and len(sentence or "") <= MOST_LETTERS and not _OF_MACHINES.search(sentence or "")


def looks_like(jpeg: bytes, wholes: Iterable[bytes]) -> bool:
    """Whether a normalised picture is that of one of the whole files: a lower half in grey would not do."""
    return any(float(np.abs(_pixels(jpeg) - _expected(whole)).mean()) < 1.0 for whole in wholes)


@lru_cache(maxsize=64)
def _expected(whole: bytes) -> NDArray[np.int16]:
    return _pixels(normalise(whole, Limits()).jpeg)


def _pixels(jpeg: bytes) -> NDArray[np.int16]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image.convert("RGB"), np.int16)
