import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from libs.common.imaging.limits import MAX_EXIF_BYTES, Limits
from libs.common.imaging.metadata.exif import exif_of
from libs.common.imaging.normalise import normalise
from tests.support import photos

# Pillow warns of damage that it reads past.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "heic", "avif", "jxl"])
def test_exif_has_the_names_that_readers_know(kind: str) -> None:
    exif = normalise(getattr(photos, kind)(), Limits()).exif
    assert exif["Image Make"] == "Sluice"
    assert exif["EXIF ExposureTime"] == "1/250"
    assert exif["EXIF FNumber"] == "14/5"
    assert exif["EXIF ISOSpeedRatings"] == "200"
    assert exif["EXIF DateTimeOriginal"] == "2024:05:17 10:11:12"
    assert exif["GPS GPSLatitude"] == "[48, 8, 15]"


def test_exif_of_an_old_png_is_read_from_its_text() -> None:
    words = photos.camera_exif().tobytes().hex()
    lines = "\n".join(words[at : at + 72] for at in range(0, len(words), 72))
    text = PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(words) // 2:8}\n{lines}\n", zip=True)
    data = photos.encoded(photos.scene(64, 48), "PNG", pnginfo=text)
    assert normalise(data, Limits()).exif["EXIF FNumber"] == "14/5"


def test_tiff_exif_leaves_out_where_the_bytes_lie() -> None:
    exif = normalise(photos.tiff(), Limits()).exif
    assert exif["Image Model"] == "Pinhole 1"
    assert not {"Image StripOffsets", "Image StripByteCounts"} & exif.keys()


def test_no_exif_is_no_mistake() -> None:
    assert normalise(photos.bmp(), Limits()).exif == {}


@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"\0" * 100])
def test_damaged_exif_is_no_exif(block: bytes) -> None:
    assert exif_of(block) == {}


def test_a_picture_with_damaged_exif_is_still_a_picture() -> None:
    data = photos.encoded(photos.scene(320, 240), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x01\x02")
    assert (normalise(data, Limits()).width, normalise(data, Limits()).height) == (320, 240)


def test_long_values_are_left_out_and_the_sum_is_capped() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x010E] = "Maker", "d" * 40_000
    for tag in range(0x9C9B, 0x9C9B + 40):
        exif[tag] = "x" * 1500
    found = exif_of(exif.tobytes())
    assert found["Image Make"] == "Maker"
    assert "Image ImageDescription" not in found
    assert sum(len(name) + len(text.encode()) for name, text in found.items()) <= MAX_EXIF_BYTES


def test_values_are_printable_text() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Ma\x01ker\x00\x00", "Kamera \u00e4\u00f6"
    found = exif_of(exif.tobytes())
    assert all(text.isprintable() for text in found.values())
