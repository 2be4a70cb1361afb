import io
import struct

import numpy as np
import pytest
from PIL import Image

from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import sniff
from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata.exif import exif_of
from libs.common.imaging.normalise import normalise
from libs.common.imaging.rare.previews import NOTE
from tests.support import photos
from tests.unit.imaging.reference import pixels


def likeness(jpeg: bytes, width: int, height: int) -> float:
    expected = np.asarray(photos.scene(width, height), dtype=float)
    return float(np.corrcoef(pixels(jpeg).ravel(), expected.ravel())[0, 1])


def test_a_dng_without_a_preview_is_demosaiced() -> None:
    found = normalise(photos.dng(1024, 768), Limits())
    assert (found.format, found.mode, found.width, found.height) == ("DNG", "RGB", 1024, 768)
    assert Image.open(io.BytesIO(found.jpeg)).size == (597, 448)
    assert likeness(found.jpeg, 597, 448) > 0.95


def test_a_large_dng_is_demosaiced_at_half_size() -> None:
    found = normalise(photos.dng(2400, 1600), Limits())
    assert (found.width, found.height) == (2400, 1600)
    assert likeness(found.jpeg, 672, 448) > 0.95


@pytest.mark.parametrize(("orientation", "turned"), [(1, False), (3, False), (6, True), (8, True)])
def test_a_dng_comes_out_upright(orientation: int, turned: bool) -> None:
    found = normalise(photos.dng(800, 600, orientation), Limits())
    assert (found.width, found.height) == ((600, 800) if turned else (800, 600))
    size = (448, 597) if turned else (597, 448)
    assert Image.open(io.BytesIO(found.jpeg)).size == size
    back = {1: 0, 3: 180, 6: 90, 8: 270}[orientation]
    again = Image.open(io.BytesIO(found.jpeg)).rotate(back, expand=True)
    assert likeness(photos.encoded(again, "JPEG", quality=95), 597, 448) > 0.95


def test_the_preview_is_used_where_it_is_large_enough() -> None:
    data = photos.dng_with_preview(Image.new("RGB", (640, 480), (200, 30, 30)))
    found = normalise(data, Limits())
    assert (found.format, found.width, found.height) == ("DNG", 1024, 768)
    assert np.abs(pixels(found.jpeg).mean(axis=(0, 1)) - (200, 30, 30)).max() < 3


def test_a_small_preview_is_not_enough() -> None:
    found = normalise(photos.dng_with_preview(Image.new("RGB", (160, 120), (200, 30, 30))), Limits())
    assert likeness(found.jpeg, 597, 448) > 0.95


def test_its_exif_is_read() -> None:
    assert normalise(photos.dng(640, 480), Limits()).exif["Image Make"] == "Sluice"


def test_the_exif_of_a_raw_file_is_as_the_camera_wrote_it() -> None:
    exif = normalise(photos.with_shot(photos.dng(640, 480)), Limits()).exif
    assert exif["EXIF ExposureTime"] == "1/250"
    assert exif["EXIF FNumber"] == "14/5"
    assert exif["EXIF ISOSpeedRatings"] == "200"
    assert exif["GPS GPSLatitude"] == "[48, 8, 15]"


@pytest.mark.parametrize("magic", [b"IIRO", b"IIRS", b"IIU\0"])
def test_exif_is_read_where_the_maker_changed_the_magic_number(magic: bytes) -> None:
    assert exif_of(magic + photos.tiff(64, 48)[4:])["EXIF FNumber"] == "14/5"


def test_exif_is_read_from_a_preview() -> None:
    """Which is all that a RAF and some others have."""
    assert exif_of(photos.jpeg(64, 48))["GPS GPSLatitude"] == "[48, 8, 15]"


def test_missing_sensor_data_is_a_truncated_image() -> None:
    with pytest.raises(FileError) as caught:
        normalise(photos.truncated(photos.dng(1024, 768)), Limits())
    assert caught.value.code is Code.TRUNCATED_IMAGE


def test_a_dng_is_told_from_a_tiff_by_its_content() -> None:
    assert sniff(photos.dng(64, 48)) == "DNG"
    assert sniff(photos.tiff()) == "TIFF"


def of_no_known_camera(preview: Image.Image, orientation: int = 1) -> bytes:
    """A DNG whose sensor's data are compressed in a way that no one knows."""
    data = photos.dng_with_preview(preview, 1024, 768)
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    changed = bytearray(data)
    for at in range(first + 2, first + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", data, at)
        if tag in (259, 274):
            struct.pack_into("<H", changed, at + 8, 9999 if tag == 259 else orientation)
    return bytes(changed)


def test_a_raw_that_libraw_does_not_know_shows_its_preview() -> None:
    found = normalise(of_no_known_camera(photos.scene(160, 120)), Limits())
    assert (found.format, found.width, found.height, found.note) == ("DNG", 160, 120, NOTE)
    assert found.exif["Image Make"] == "Sluice"
    assert likeness(found.jpeg, 160, 120) > 0.99


def test_that_preview_is_turned_as_the_file_says() -> None:
    found = normalise(of_no_known_camera(photos.scene(160, 120), orientation=6), Limits())
    assert (found.width, found.height) == (120, 160)
    again = Image.open(io.BytesIO(found.jpeg)).rotate(90, expand=True)
    assert likeness(photos.encoded(again, "JPEG", quality=95), 160, 120) > 0.98


def test_one_without_a_preview_is_refused() -> None:
    data = of_no_known_camera(photos.scene(160, 120)).replace(b"\xff\xd8\xff", b"\0\0\0")
    with pytest.raises(FileError) as caught:
        normalise(data, Limits())
    assert caught.value.code is Code.DECODE_FAILED
