"""16 bits, several pictures in a file, GIFs, and panoramas."""

import io
from typing import Literal

import numpy as np
import pytest
import tifffile
from PIL import Image

from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

LIMITS = Limits()
SCENE = photos.scene(400, 300)
DEEP = np.asarray(SCENE).astype(np.uint16) * 257


def test_a_png_of_16_bits_a_sample() -> None:
    found = normalise(photos.png_of_16_bits(DEEP), LIMITS)
    assert (found.mode, found.width, found.height) == ("RGB", 400, 300)
    assert difference(found.jpeg, np.asarray(SCENE, dtype=float)) < 4.0


def test_a_png_of_16_bits_with_transparency() -> None:
    alpha = np.full((300, 400, 1), 65535, dtype=np.uint16)
    alpha[:, :200] = 0
    found = normalise(photos.png_of_16_bits(np.concatenate([DEEP, alpha], axis=2)), LIMITS)
    assert found.mode == "RGBA"
    assert pixels(found.jpeg)[:, :184].min() > 240


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_16_bits_a_sample_from_another_writer(order: Literal["<", ">"]) -> None:
    out = io.BytesIO()
    tifffile.imwrite(out, DEEP, photometric="rgb", byteorder=order)
    found = normalise(out.getvalue(), LIMITS)
    assert (found.format, found.width, found.height) == ("TIFF", 400, 300)
    assert difference(found.jpeg, np.asarray(SCENE, dtype=float)) < 4.0


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "GIF"])
def test_a_file_of_several_pictures_is_its_first(kind: str) -> None:
    found = normalise(photos.several(kind), Limits(gif=True))
    assert (found.format, found.width, found.height) == (kind, 320, 240)
    assert difference(found.jpeg, np.asarray(photos.scene(320, 240), dtype=float)) < 9.0


def test_a_gif_is_a_picture_only_where_it_is_accepted() -> None:
    with pytest.raises(FileError) as caught:
        normalise(photos.gif(), LIMITS)
    assert caught.value.code is Code.UNSUPPORTED_TYPE
    assert normalise(photos.gif(), Limits(gif=True)).format == "GIF"


def test_a_gif_that_ends_early() -> None:
    with pytest.raises(FileError) as caught:
        normalise(photos.truncated(photos.gif(320, 240)), Limits(gif=True))
    assert caught.value.code is Code.TRUNCATED_IMAGE


@pytest.mark.parametrize(
    "kind",
    [
        "JPEG",
        "TIFF",
        pytest.param("PNG", marks=pytest.mark.slow),
        pytest.param("JXL", marks=pytest.mark.slow),
        pytest.param("AVIF", marks=pytest.mark.slow),
    ],
)
def test_a_panorama_keeps_its_shape(kind: str) -> None:
    panorama = photos.scene(2000, 200).resize((20_000, 2000), Image.Resampling.BILINEAR)
    options = {"PNG": {"compress_level": 1}, "JXL": {"effort": 1}, "AVIF": {"speed": 10}}.get(kind, {})
    found = normalise(photos.encoded(panorama, kind, **options), LIMITS)
    assert (found.width, found.height) == (20_000, 2000)
    expected = photos.scene(2000, 200).resize((1792, 179), Image.Resampling.LANCZOS)
    assert difference(found.jpeg, np.asarray(expected, dtype=float)) < 5.0
    assert Image.open(io.BytesIO(found.thumbnail)).size == (200, 20)
