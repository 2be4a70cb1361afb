"""The descriptor on any pixels at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from services.ml.lite.descriptor import DIMENSION, descriptor
from services.ml.lite.picture import SIDE

any_pixels = arrays.arrays(np.uint8, (SIDE, SIDE, 3))


def plain(luma: int, cb: int = 128, cr: int = 128) -> NDArray[np.uint8]:
    return np.full((SIDE, SIDE, 3), (luma, cb, cr), np.uint8)


@given(any_pixels)
def test_it_is_a_unit_vector_of_its_dimension(pixels: NDArray[np.uint8]) -> None:
    vector = descriptor(pixels)
    assert vector.shape == (DIMENSION,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


@given(any_pixels)
def test_it_is_deterministic(pixels: NDArray[np.uint8]) -> None:
    assert descriptor(pixels).tobytes() == descriptor(pixels.copy()).tobytes()


def test_black_white_and_coloured_planes_differ() -> None:
    black, white, red = (descriptor(plain(*colour)) for colour in [(0,), (255,), (120, 90, 240)])
    assert float(black @ white) < 0.5
    assert float(red @ white) < 0.9


def test_noise_in_a_flat_image_is_not_blown_up() -> None:
    noise = np.random.default_rng(1).integers(-1, 2, (SIDE, SIDE, 3))
    noisy = (plain(128).astype(int) + noise).astype(np.uint8)
    assert float(descriptor(noisy) @ descriptor(plain(128))) > 0.6
