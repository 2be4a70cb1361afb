"""Pictures look as libvips shows them. It has its own builds of the same codecs, and other code around them:
for layouts and depths, colour, transparency and turning.

Needs pyvips with libvips (`pip install "pyvips[binary]"`, LGPL), which is no part of Sluice.
"""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import icc, photos
from tests.unit.imaging.reference import pixels
from tests.unit.imaging.test_colour import P3

pyvips = pytest.importorskip("pyvips", reason="needs pyvips and libvips")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning:PIL")]

WITHIN = 5.0
"""Grey levels that they may differ by, on average: both go through a JPEG, or through other resampling."""
SCENE = photos.scene(400, 300)
SHARES = np.asarray(SCENE) / 255
DEEP = (SHARES * 65535).astype(np.uint16)
HALF = np.dstack([np.asarray(SCENE), np.full((300, 400), 128, np.uint8)])


def tiff(samples: NDArray[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, samples, **options)
    return out.getvalue()


def by_libvips(data: bytes) -> NDArray[np.float64]:
    """Upright, in sRGB, on white."""
    image = pyvips.Image.new_from_buffer(data, "").autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, intent="perceptual")
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    return np.asarray(image.numpy(), dtype=float)[..., :3]


VARIANTS: dict[str, Callable[[], bytes]] = {
    **{f"jpeg {turn}": partial(photos.upside, turn, 400, 300) for turn in range(1, 9)},
    **{
        f"jpeg {kind}": partial(photos.encoded, SCENE, "JPEG", quality=95, subsampling=kind)
        for kind in ("4:4:4", "4:2:2", "4:2:0")
    },
    "jpeg progressive": lambda: photos.encoded(SCENE, "JPEG", quality=95, progressive=True),
    "jpeg grey": lambda: photos.encoded(SCENE.convert("L"), "JPEG", quality=95),
    "jpeg with a profile": lambda: photos.encoded(
        SCENE, "JPEG", quality=95, icc_profile=photos.adobe_rgb_profile()
    ),
    "jpeg of P3 that says sRGB": lambda: photos.encoded(
        SCENE,
        "JPEG",
        quality=95,
        icc_profile=icc.matrix_profile("Display P3 Gamut with sRGB Transfer", P3, 2.2),
    ),
    "png": lambda: photos.png(400, 300),
    "png 16 bits": lambda: photos.png_of_16_bits(DEEP),
    "png transparent": lambda: photos.encoded(Image.fromarray(HALF), "PNG"),
    "png palette": lambda: photos.encoded(SCENE.quantize(256), "PNG"),
    "webp": lambda: photos.webp(400, 300),
    "webp transparent": lambda: photos.encoded(Image.fromarray(HALF), "WEBP", lossless=True),
    "gif": lambda: photos.gif(400, 300),
    "avif": lambda: photos.avif(400, 300),
    "tiff": lambda: photos.tiff(400, 300),
    "tiff of planes": lambda: tiff(
        np.asarray(SCENE).transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    ),
    "tiff 16 bits": lambda: tiff(DEEP, photometric="rgb"),
    "tiff 16 bits of planes": lambda: tiff(
        DEEP.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    ),
    "tiff transparent": lambda: tiff(HALF, photometric="rgb", extrasamples=["unassalpha"]),
    "tiff lzw, tiled, of differences": lambda: tiff(
        np.asarray(SCENE), photometric="rgb", tile=(64, 64), compression="lzw", predictor=True
    ),
    "tiff jpeg": lambda: tiff(np.asarray(SCENE), photometric="ycbcr", compression="jpeg"),
    "tiff zip, big-endian": lambda: tiff(DEEP, photometric="rgb", compression="zlib", byteorder=">"),
    "bigtiff": lambda: tiff(np.asarray(SCENE), photometric="rgb", bigtiff=True),
    "tiff white is zero": lambda: tiff(255 - np.asarray(SCENE.convert("L")), photometric="miniswhite"),
    "tiff palette": lambda: photos.encoded(SCENE.quantize(256), "TIFF"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_it_looks_as_libvips_shows_it(name: str) -> None:
    data = VARIANTS[name]()
    found = normalise(data, Limits(gif=True))
    expected = by_libvips(data)
    expected = np.repeat(expected, 3, axis=2) if expected.shape[2] == 1 else expected
    assert (found.height, found.width) == expected.shape[:2]
    assert float(np.abs(pixels(found.jpeg) - expected).mean()) < WITHIN
