"""TIFFs of every depth, layout and colour show the picture that was drawn."""

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.unit.imaging.reference import difference

WIDTH, HEIGHT = 400, 300
ACROSS, DOWN = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
COLOURS = np.stack([ACROSS, DOWN, 1 - ACROSS], axis=-1)
DRAWN = (COLOURS * 255).round()
GREY = np.repeat((ACROSS * 255).round()[..., None], 3, axis=2)
WHITE = {"u1": 255, "u2": 65535, "u4": 2**32 - 1, "f2": 1, "f4": 1, "f8": 1}
COLOUR_MAP = np.repeat(np.arange(256, dtype=np.uint16)[None], 3, axis=0)
WITHIN = 2.5
"""Grey levels that a JPEG of these pictures is off by at most, on average."""


def tiff(samples: NDArray[np.generic], **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, samples, **options)
    return out.getvalue()


def shown(data: bytes, expected: NDArray[np.float64]) -> str:
    """The mode of the picture, which must show what is expected."""
    found = normalise(data, Limits())
    assert found.format == "TIFF"
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    assert difference(found.jpeg, expected) < WITHIN
    return found.mode


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", WHITE)
def test_colours(kind: str, planar: str, compression: str | None) -> None:
    samples = (COLOURS * WHITE[kind]).astype(kind)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    data = tiff(samples, photometric="rgb", planarconfig=planar, compression=compression)
    assert shown(data, DRAWN) == "RGB"


@pytest.mark.parametrize("kind", WHITE)
def test_greys(kind: str) -> None:
    shown(tiff((ACROSS * WHITE[kind]).astype(kind), photometric="minisblack"), GREY)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_greys_whose_white_is_zero(kind: str) -> None:
    shown(tiff(((1 - ACROSS) * WHITE[kind]).astype(kind), photometric="miniswhite"), GREY)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_greys_of_an_odd_depth(bits: int) -> None:
    rows = (ACROSS * ((1 << bits) - 1)).astype(np.uint16)
    shown(tiff(rows, photometric="minisblack", bitspersample=bits, compression="none"), GREY)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_inks(kind: str, planar: str) -> None:
    inks = np.concatenate([1 - COLOURS, np.zeros((HEIGHT, WIDTH, 1))], axis=2)
    samples = (inks * WHITE[kind]).astype(kind)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    assert shown(tiff(samples, photometric="separated", planarconfig=planar), DRAWN) == "CMYK"


@pytest.mark.parametrize("scale", [257, 1])
def test_a_palette_in_16_bits_as_it_should_be_and_in_8_as_some_write_it(scale: int) -> None:
    indexes = (ACROSS * 255).round().astype(np.uint8)
    assert shown(tiff(indexes, photometric="palette", colormap=COLOUR_MAP * scale), GREY) == "P"


@pytest.mark.parametrize("kind", ["cielab 8", "cielab 16", "icclab 8"])
def test_lab(kind: str) -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    # As an array its axes are signed, as in a CIELAB TIFF.
    lab = np.asarray(to_lab.apply(Image.fromarray(DRAWN.astype(np.uint8))))
    samples = {
        "cielab 8": lab,
        "cielab 16": lab.astype(np.uint16) * np.array([257, 256, 256], dtype=np.uint16),
        "icclab 8": lab ^ np.array([0, 128, 128], dtype=np.uint8),
    }[kind]
    assert shown(tiff(samples, photometric=kind.split(maxsplit=1)[0], planarconfig="contig"), DRAWN) == "LAB"


@pytest.mark.parametrize(
    "options",
    [
        {"bigtiff": True},
        {"byteorder": ">"},
        {"tile": (64, 64), "compression": "zlib", "predictor": True},
        {"compression": "zstd"},
        {"compression": "jpeg2000"},
        {"compression": "jpegxl"},
    ],
)
def test_layouts_and_compressions(options: dict[str, Any]) -> None:
    shown(tiff(DRAWN.astype(np.uint8), photometric="rgb", **options), DRAWN)


def test_a_big_tiff_of_16_bits_in_planes() -> None:
    samples = (COLOURS * 65535).astype(np.uint16).transpose(2, 0, 1)
    shown(tiff(samples, photometric="rgb", planarconfig="separate", bigtiff=True), DRAWN)


def test_the_reduced_picture_of_a_film_scanner_is_not_taken_for_the_whole_one() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DRAWN[::4, ::4].astype(np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        file.write((COLOURS * 65535).astype(np.uint16), photometric="rgb", subfiletype=0)
    shown(out.getvalue(), DRAWN)


def test_a_picture_with_smaller_versions_of_itself_is_the_whole_one() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DRAWN.astype(np.uint8), photometric="rgb", subfiletype=0)
        file.write(DRAWN[::-2, ::2].astype(np.uint8), photometric="rgb", subfiletype=1)
    shown(out.getvalue(), DRAWN)


@pytest.mark.parametrize("kind", [1, 3, 4])
@pytest.mark.parametrize("depth", ["u1", "f4"])
def test_an_orientation_of_any_type_is_obeyed(kind: int, depth: str) -> None:
    samples = np.rot90((COLOURS * WHITE[depth]).astype(depth))
    data = tiff(samples, photometric="rgb", extratags=[(274, kind, 1, 6, True)], metadata=None)
    shown(data, DRAWN)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_float_tiff_that_is_cut_is_truncated(planar: str) -> None:
    samples = COLOURS.astype(np.float32)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    whole = tiff(samples, photometric="rgb", planarconfig=planar)
    with pytest.raises(FileError) as caught:
        normalise(whole[: len(whole) // 2], Limits())
    assert caught.value.code is Code.TRUNCATED_IMAGE
