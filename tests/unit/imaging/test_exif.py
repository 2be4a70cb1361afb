import io
from collections.abc import Iterator

import exifread
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cli.raw_photo import Entry, directory
from libs.common.imaging.limits import MAX_EXIF_BYTES, Limits
from libs.common.imaging.metadata.exif import exif_of
from libs.common.imaging.metadata.packets import exif_of as exif_in
from libs.common.imaging.metadata.printed import printed
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.metadata import samples

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


def old_png(kind: str, body: bytes, behind: str = "") -> bytes:
    """A PNG as ImageMagick writes it, with this body as text."""
    words = body.hex()
    lines = "\n".join(words[at : at + 72] for at in range(0, len(words), 72))
    text = PngInfo()
    text.add_text(f"Raw profile type {kind}", f"\n{kind}\n{len(body):8}\n{lines}\n{behind}", zip=True)
    return photos.encoded(photos.scene(64, 48), "PNG", pnginfo=text)


@pytest.mark.parametrize("kind", ["exif", "APP1"])
@pytest.mark.parametrize("behind", ["", "$!\x1f and more"])
def test_exif_of_an_old_png_is_read_from_its_text(kind: str, behind: str) -> None:
    data = old_png(kind, photos.camera_exif().tobytes(), behind)
    assert normalise(data, Limits()).exif["EXIF FNumber"] == "14/5"


def test_xmp_of_an_old_png_is_read_from_its_text() -> None:
    assert normalise(old_png("xmp", samples.xmp()), Limits()).metadata.title == "A tower"


def test_tiff_exif_leaves_out_where_the_bytes_lie() -> None:
    exif = normalise(photos.tiff(), Limits()).exif
    assert exif["Image Model"] == "Pinhole 1"
    assert not {"Image StripOffsets", "Image StripByteCounts"} & exif.keys()


def blocks() -> Iterator[bytes]:
    """EXIF of many kinds: real cameras', every type of value, damaged."""
    for path in photos.real_photos():
        with Image.open(path) as image:
            yield exif_in(image)
    yield from (samples.exif().tobytes(), photos.camera_exif().tobytes(), photos.tiff(64, 48))
    yield photos.with_shot(photos.dng(64, 48))
    values: list[Entry] = [
        (0x0107, 1, [1]), (0x0112, 3, [6]), (0x011A, 5, [720, 10]), (0x011B, 5, [7, 0]), (0x0128, 3, [2, 3]),
        (0x013E, 10, [6, 4, -1, 3, 3, -9]), (0x8298, 2, b"(C) W\xf6rde"), (0x9000, 1, b"0230"),
        (0x9209, 3, [25]), (0xC000, 1, bytes(60)), (0xC001, 1, bytes(1200)), (0xC002, 4, [70000]),
    ]  # fmt: skip
    whole = b"II*\0\x08\0\0\0" + directory(8, values)
    yield from (whole, whole[: len(whole) - 40])


def test_texts_are_those_that_exifread_prints() -> None:
    compared = 0
    for block in (found.removeprefix(b"Exif\0\0") for found in blocks() if found):
        printed_by_it = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
        theirs = {name: tag for name, tag in printed_by_it.items() if not name.startswith("Thumbnail")}
        ours = dict(printed(block))
        for name in theirs.keys() & ours.keys():
            if isinstance(theirs[name].values, str | list) and " XP" not in name:
                assert (name, ours[name]) == (name, str(theirs[name]))
                compared += 1
    assert compared > 100


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
