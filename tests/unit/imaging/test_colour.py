import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import NormalisedImage, normalise
from tests.support import photos
from tests.support.icc import Primaries, matrix_profile
from tests.unit.imaging.reference import difference, pixels

SCENE = photos.scene(400, 300)
EXPECTED = np.asarray(SCENE, dtype=float)
GREY = np.asarray(SCENE.convert("L").convert("RGB"), dtype=float)


def through(image: Image.Image, kind: str, **options: object) -> NormalisedImage:
    return normalise(photos.encoded(image, kind, **options), Limits())


@pytest.mark.parametrize(
    ("mode", "kind", "within"),
    [
        ("L", "PNG", 3.0),
        ("L", "JPEG", 4.0),
        ("I;16", "PNG", 3.0),
        ("I;16", "TIFF", 3.0),
        ("F", "TIFF", 3.0),
    ],
)
def test_greyscale_of_any_depth_becomes_rgb(mode: str, kind: str, within: float) -> None:
    grey = SCENE.convert("L")
    if mode == "I;16":
        grey = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode != "L":
        grey = grey.convert(mode)
    found = through(grey, kind, quality=95)
    assert found.mode == mode
    assert difference(found.jpeg, GREY) < within


def test_a_bitmap_stays_black_and_white() -> None:
    bitmap = SCENE.convert("1")
    found = through(bitmap, "PNG")
    assert found.mode == "1"
    assert difference(found.jpeg, np.asarray(bitmap.convert("RGB"), dtype=float)) < 15.0


def test_float_samples_are_stretched_between_their_extremes() -> None:
    ramp = np.linspace(-3.0, 7.0, 256, dtype=np.float32).reshape(1, 256).repeat(64, axis=0)
    found = pixels(through(Image.fromarray(ramp), "TIFF").jpeg)
    assert found[:, :4].max() < 10
    assert found[:, -4:].min() > 245


def test_a_palette_is_resolved() -> None:
    paletted = SCENE.quantize(256)
    found = through(paletted, "PNG")
    assert found.mode == "P"
    assert difference(found.jpeg, np.asarray(paletted.convert("RGB"), dtype=float)) < 6.0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_shown_on_white(kind: str) -> None:
    image = SCENE.convert("RGBA")
    image.paste((255, 0, 0, 0), (0, 0, 200, 300))
    found = through(image, kind)
    assert found.mode == "RGBA"
    assert pixels(found.jpeg)[:, :184].min() > 240
    assert np.abs(pixels(found.jpeg)[:, 216:] - EXPECTED[:, 216:]).mean() < 5.0


def test_a_transparent_palette_colour_is_shown_on_white() -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    assert pixels(through(image, "PNG", transparency=1).jpeg).min() > 250


def test_cmyk_without_a_profile_is_converted() -> None:
    cmyk = SCENE.convert("CMYK")
    found = through(cmyk, "JPEG", quality=95)
    assert found.mode == "CMYK"
    assert difference(found.jpeg, np.asarray(cmyk.convert("RGB"), dtype=float)) < 5.0


def test_lab_is_converted() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = to_lab.apply(SCENE)
    found = through(lab, "TIFF")
    assert found.mode == "LAB"
    assert difference(found.jpeg, EXPECTED) < 6.0


def test_an_embedded_profile_is_applied() -> None:
    adobe = photos.adobe_rgb_profile()
    to_adobe = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.getOpenProfile(io.BytesIO(adobe)), "RGB", "RGB"
    )
    red = (230, 40, 30)
    stored = to_adobe.apply(Image.new("RGB", (64, 64), red))
    assert stored is not None
    del stored.info["icc_profile"]
    unaided, aided = through(stored, "PNG"), through(stored, "PNG", icc_profile=adobe)
    assert np.abs(pixels(unaided.jpeg).mean(axis=(0, 1)) - red).max() > 10
    assert np.abs(pixels(aided.jpeg).mean(axis=(0, 1)) - red).max() < 4
    assert "icc_profile" not in Image.open(io.BytesIO(aided.jpeg)).info


def test_an_srgb_profile_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert through(SCENE, "PNG", icc_profile=srgb).jpeg == through(SCENE, "PNG").jpeg


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 4000])
def test_a_damaged_profile_is_ignored(profile: bytes) -> None:
    assert through(SCENE, "PNG", icc_profile=profile).jpeg == through(SCENE, "PNG").jpeg


def test_a_profile_for_another_kind_of_picture_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert through(SCENE, "PNG", icc_profile=lab).jpeg == through(SCENE, "PNG").jpeg


SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


@pytest.mark.parametrize(
    ("name", "primaries", "gamma", "expected"),
    [
        ("Display P3 Gamut with sRGB Transfer", P3, 2.2, (219, 37, 49)),
        ("sRGB linear", SRGB, 1.0, (228, 133, 133)),
        ("anything", SRGB, 2.2, (200, 60, 60)),
    ],
)
def test_what_a_profile_does_counts_and_not_its_name(
    name: str, primaries: Primaries, gamma: float, expected: tuple[int, int, int]
) -> None:
    flat = Image.new("RGB", (64, 64), (200, 60, 60))
    found = through(flat, "PNG", icc_profile=matrix_profile(name, primaries, gamma))
    assert np.abs(pixels(found.jpeg).mean(axis=(0, 1)) - expected).max() < 4
