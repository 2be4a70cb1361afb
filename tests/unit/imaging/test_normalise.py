import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import displayable, normalise
from libs.common.topics import MAX_MESSAGE_BYTES
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels, plain

LIMITS = Limits()


@pytest.mark.parametrize("path", photos.real_photos(), ids=lambda path: path.name)
def test_real_photos_look_as_a_plain_decode_shows_them(path: Path) -> None:
    data = path.read_bytes()
    with Image.open(path) as original:
        size, mode, kind = original.size, original.mode, original.format
    found = normalise(data, LIMITS)
    assert (found.width, found.height) == size
    assert (found.mode, found.format) == (mode, kind)
    shape = pixels(found.jpeg).shape[:2]
    assert difference(found.jpeg, plain(data, (shape[1], shape[0]))) < 6.0


def test_there_are_enough_real_photos() -> None:
    assert len(photos.real_photos()) >= 15


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    found = normalise(photos.upside(orientation, 800, 600), LIMITS)
    assert (found.width, found.height) == (800, 600)
    expected = np.asarray(photos.scene(800, 600).resize((597, 448), Image.Resampling.LANCZOS), dtype=float)
    assert difference(found.jpeg, expected) < 5.0
    assert Image.open(io.BytesIO(found.thumbnail)).size == (200, 150)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_obeyed_in_tiff_too(orientation: int) -> None:
    exif = Image.Exif()
    exif[photos.ORIENTATION] = orientation
    with Image.open(io.BytesIO(photos.upside(orientation, 400, 300))) as stored:
        data = photos.encoded(Image.fromarray(np.asarray(stored)), "TIFF", exif=exif)
    found = normalise(data, LIMITS)
    assert (found.width, found.height) == (400, 300)
    expected = np.asarray(photos.scene(400, 300), dtype=float)
    assert difference(found.jpeg, expected) < 6.0


@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "bmp", "jpeg"])
def test_each_format_gives_the_same_picture(kind: str) -> None:
    data = getattr(photos, kind)(800, 600)
    found = normalise(data, LIMITS)
    assert (found.width, found.height, found.mode) == (800, 600, "RGB")
    assert found.format == kind.upper()
    assert difference(found.jpeg, plain(data, (597, 448))) < 4.0


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((4000, 3000), (597, 448)),
        ((3000, 4000), (448, 597)),
        ((448, 448), (448, 448)),
        ((300, 200), (300, 200)),
        ((10_000, 1000), (1792, 179)),
        ((5000, 2), (1792, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_the_short_side_is_448_and_the_long_one_1792_at_most(
    size: tuple[int, int], sent: tuple[int, int]
) -> None:
    found = normalise(photos.jpeg(*size), LIMITS)
    assert (found.width, found.height) == size
    assert Image.open(io.BytesIO(found.jpeg)).size == sent


def test_a_thumbnail_has_at_most_200_pixels_a_side() -> None:
    assert Image.open(io.BytesIO(normalise(photos.jpeg(640, 480), LIMITS).thumbnail)).size == (200, 150)
    assert Image.open(io.BytesIO(normalise(photos.jpeg(120, 90), LIMITS).thumbnail)).size == (120, 90)


def test_noise_still_fits_a_message() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (448, 1792, 3), dtype=np.uint8)
    found = normalise(photos.encoded(Image.fromarray(noise), "PNG"), LIMITS)
    assert len(found.jpeg) + len(found.thumbnail) <= MAX_MESSAGE_BYTES - 24 * 1024


def test_quality_goes_down_until_it_fits() -> None:
    whole = normalise(photos.jpeg(), LIMITS)
    small = normalise(photos.jpeg(), Limits(record_bytes=40_000))
    assert len(small.jpeg) + len(small.thumbnail) <= 40_000 < len(whole.jpeg)


def test_what_travels_carries_no_metadata() -> None:
    with Image.open(io.BytesIO(normalise(photos.jpeg(), LIMITS).jpeg)) as sent:
        assert not sent.getexif()
        assert "icc_profile" not in sent.info


def test_a_picture_of_several_is_its_first() -> None:
    out = io.BytesIO()
    first, second = photos.scene(320, 240), Image.new("RGB", (100, 100))
    first.save(out, "MPO", save_all=True, append_images=[second], quality=90)
    found = normalise(out.getvalue(), LIMITS)
    assert (found.format, found.width, found.height) == ("JPEG", 320, 240)


def test_displayable_shows_a_raw_file_at_its_size() -> None:
    shown = displayable(photos.dng(640, 480), LIMITS)
    expected = np.asarray(photos.scene(640, 480), dtype=float)
    assert Image.open(io.BytesIO(shown)).size == (640, 480)
    # LibRaw stretches the brightness, so only the structure is compared.
    assert np.corrcoef(pixels(shown).ravel(), expected.ravel())[0, 1] > 0.95
