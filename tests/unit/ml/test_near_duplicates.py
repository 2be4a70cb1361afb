"""What the lite descriptor is for: a copy of a photo is nearer to it than any other photo is."""

from functools import cache

import numpy as np
import pytest

from services.ml.engine.backend import Described, Vector
from services.ml.lite.lite import LiteBackend
from tests.support.describing import describe
from tests.unit.ml.photos import COPIES, PHOTOS, jpeg, photo


def embed(data: bytes) -> Vector:
    (described,) = describe(LiteBackend(), [data], caption=False)
    assert isinstance(described, Described)
    return described.embedding


@cache
def originals() -> dict[str, Vector]:
    return {name: embed(jpeg(photo(name), quality=92)) for name in PHOTOS}


def others(name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.stack([vector for other, vector in originals().items() if other != name])


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("name", PHOTOS)
def test_a_copy_is_nearest_to_its_photo(name: str, kind: str) -> None:
    copy, original = embed(COPIES[kind](photo(name))), originals()[name]
    likeness = float(copy @ original)
    assert likeness > float((others(name) @ copy).max()), "another photo is nearer to the copy"
    assert likeness > float((others(name) @ original).max()), "another photo is nearer to the photo"


@pytest.mark.parametrize("kind", ["halved", "recompressed"])
def test_a_mere_recoding_passes_the_default_threshold_and_no_other_photo_does(kind: str) -> None:
    for name, original in originals().items():
        assert float(embed(COPIES[kind](photo(name))) @ original) > 0.98, name
        assert float((others(name) @ original).max()) < 0.98, name


def test_the_stereo_pair_is_told_apart_with_a_margin() -> None:
    left, right = originals()["motorcycle_left"], originals()["motorcycle_right"]
    cropped = embed(COPIES["cropped"](photo("motorcycle_left")))
    assert float(cropped @ left) - float(left @ right) > 0.02
