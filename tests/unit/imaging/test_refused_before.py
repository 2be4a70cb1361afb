"""Files that people have and that were refused."""

import io
import re
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from cli.raw_photo import directory
from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import HEAD_BYTES, Format, sniff
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import NormalisedImage, normalise
from libs.common.imaging.rare import endless
from tests.support import photos
from tests.unit.imaging.reference import difference

SCENE = photos.scene(400, 300)
EXPECTED = np.asarray(SCENE, dtype=float)


def shown(data: bytes, within: float = 4.0) -> NormalisedImage:
    found = normalise(data, Limits())
    assert (found.width, found.height) == (400, 300)
    assert difference(found.jpeg, EXPECTED) < within
    return found


def failure(data: bytes) -> FileError:
    with pytest.raises(FileError) as caught:
        normalise(data, Limits())
    return caught.value


def bitmap(bits: int, masks: tuple[int, int, int], *, top_down: bool = False) -> bytes:
    pixels = np.asarray(SCENE).astype(np.uint32)
    packed = np.zeros((300, 400), np.uint32)
    for channel, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        packed |= ((pixels[..., channel] * most + 127) // 255) << shift
    rows = packed if top_down else packed[::-1]
    body = rows.astype(f"<u{bits // 8}").tobytes()
    height = -300 if top_down else 300
    head = struct.pack("<IiiHHIIiiII", 40, 400, height, 1, bits, 3, len(body), 0, 0, 0, 0)
    masked = head + struct.pack("<3I", *masks)
    return struct.pack("<2sIHHI", b"BM", 14 + len(masked) + len(body), 0, 0, 14 + len(masked)) + masked + body


@pytest.mark.parametrize("suffix", ["jp2", "j2k"])
def test_jpeg_2000(suffix: str) -> None:
    out = io.BytesIO()
    SCENE.save(out, "JPEG2000", no_jp2=suffix == "j2k")
    assert shown(out.getvalue()).format == "JPEG2000"


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0x0F00, 0x00F0, 0x000F)),
        (16, (0x001F, 0x07E0, 0xF800)),
        (16, (0xF800, 0x07E0, 0x001F)),
        (32, (0x3FF00000, 0x000FFC00, 0x000003FF)),
        (32, (0x000000FF, 0x00FF0000, 0x0000FF00)),
    ],
)
def test_bitmaps_with_masks_of_any_layout(bits: int, masks: tuple[int, int, int], top_down: bool) -> None:
    shown(bitmap(bits, masks, top_down=top_down), within=12.0)


def test_a_bitmap_with_masks_that_is_cut_is_truncated() -> None:
    assert failure(bitmap(16, (0x0F00, 0x00F0, 0x000F))[:-5000]).code is Code.TRUNCATED_IMAGE


@pytest.mark.parametrize("compatible", [b"heic", b"mif1"])
def test_heic_of_a_newer_brand(compatible: bytes) -> None:
    data = photos.heic(400, 300)
    assert shown(data[:8] + b"mif2" + data[12:], within=8.0).format == "HEIC"
    assert sniff(b"\0\0\0\x18ftypmif2\0\0\0\0" + compatible) == "HEIC"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_is_stored_with_a_note(missing: int, progressive: bool) -> None:
    data = photos.encoded(SCENE, "JPEG", quality=95, progressive=progressive)
    assert shown(data[:-missing]).note == endless.NOTE


def test_zeros_in_place_of_its_end_change_nothing() -> None:
    data = photos.encoded(SCENE, "JPEG", quality=95, progressive=True)
    assert shown(data[:-2] + b"\0" * 100).note == endless.NOTE


def test_a_byte_of_255_at_the_end_of_the_data_is_data() -> None:
    assert endless._without_padding(b"ab\xff\0") == b"ab\xff\0"
    assert endless._without_padding(b"ab\xff") == endless._without_padding(b"ab\0\0") == b"ab"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [6, 40, 2000])
def test_a_jpeg_that_lacks_pixels_too_is_truncated(missing: int, progressive: bool) -> None:
    data = photos.encoded(SCENE, "JPEG", quality=95, progressive=progressive)
    assert failure(data[:-missing]).code is Code.TRUNCATED_IMAGE


def test_a_progressive_jpeg_that_lacks_a_pass_is_truncated() -> None:
    data = photos.encoded(SCENE, "JPEG", quality=95, progressive=True)
    passes = [found.start() for found in re.finditer(rb"\xff\xda", data)]
    for start in passes[1:]:
        assert failure(data[:start]).code is Code.TRUNCATED_IMAGE


@pytest.mark.parametrize("lossless", [False, True])
def test_a_jpeg_of_12_bits(lossless: bool) -> None:
    samples = (np.asarray(SCENE) * (4095 / 255)).astype(np.uint16)
    shown(bytes(imagecodecs.jpeg_encode(samples, bitspersample=12, level=95, lossless=lossless)))
    grey = imagecodecs.jpeg_encode(samples[..., 1].copy(), bitspersample=12, level=95, lossless=lossless)
    assert normalise(bytes(grey), Limits()).mode == "L"


def test_a_bitmap_with_a_mask_of_transparency_is_on_white() -> None:
    levels = np.asarray(SCENE).astype(np.uint32) >> 4
    pixels = levels[..., 0] << 8 | levels[..., 1] << 4 | levels[..., 2] | 8 << 12
    body = pixels[::-1].astype("<u2").tobytes()
    head = struct.pack("<IiiHHIIiiII", 56, 400, 300, 1, 16, 3, len(body), 0, 0, 0, 0)
    masked = head + struct.pack("<4I", 0x0F00, 0x00F0, 0x000F, 0xF000)
    data = struct.pack("<2sIHHI", b"BM", 70 + len(body), 0, 0, 70) + masked + body
    expected = EXPECTED * (8 / 15) + 255 * (7 / 15)
    assert difference(normalise(data, Limits()).jpeg, expected) < 12.0


def test_a_whole_jpeg_has_no_note() -> None:
    assert shown(photos.encoded(SCENE, "JPEG", quality=95)).note is None


def camera_file(make: bytes) -> bytes:
    """A preview's directory, and far behind it that of the sensor's data."""
    sub = 40_000
    entries = [
        (254, 4, [1]), (256, 4, [16]), (257, 4, [16]), (262, 3, [6]), (271, 2, make + b"\0"), (330, 4, [sub]),
    ]  # fmt: skip
    head = b"II*\0" + struct.pack("<I", 8) + directory(8, entries)
    sensor = directory(sub, [(254, 4, [0]), (256, 4, [400]), (257, 4, [300]), (262, 3, [32803])])
    return head.ljust(sub, b"\0") + sensor


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        *((b"SONY", "ARW"), (b"NIKON CORPORATION", "NEF"), (b"SEIKO EPSON CORP.", "ERF")),
        *((b"Mamiya-OP Co.,Ltd.", "MEF"), (b"Leaf", "MOS"), (b"Kodak", "KDC"), (b"Imacon", "3FR")),
    ],
)
def test_a_cut_camera_file_is_a_truncated_raw_and_no_tiff(make: bytes, kind: Format) -> None:
    whole = camera_file(make)
    cut = whole[:20_000]
    assert (sniff(whole), sniff(cut)) == (kind, kind)
    assert sniff(whole[:HEAD_BYTES]) is not None
    error = failure(cut)
    assert error.code is Code.TRUNCATED_IMAGE
    assert error.detail == f"The {kind} ends before the picture does"


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"II\x1a\0\0\0HEAPCCDR", "CRW"),
        (b"\0MRM\0\0\0\0", "MRW"),
        (b"FOVb\0\0\0\0", "X3F"),
        (b"II*\0\x10\0\0\0IIII", "IIQ"),
    ],
)
def test_raw_formats_are_known_by_their_beginning(begin: bytes, kind: Format) -> None:
    assert sniff(begin.ljust(HEAD_BYTES, b"\0")) == kind


def test_a_dng_of_jpeg_xl_shows_its_preview() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        extra = [(50706, 1, 4, (1, 7, 0, 0), True), (271, 2, 0, "Sluice", True)]
        file.write(np.asarray(SCENE), photometric="rgb", subfiletype=1, subifds=1, compression="jpeg",
                   compressionargs={"level": 95}, extratags=extra)  # fmt: skip
        sensor = np.asarray(SCENE.resize((800, 600))).astype(np.uint16)
        file.write(sensor, photometric=34892, planarconfig="contig", subfiletype=0, compression=52546)
    found = normalise(out.getvalue(), Limits())
    assert (found.format, found.width, found.height) == ("DNG", 800, 600)
    assert difference(found.jpeg, EXPECTED) < 8.0


def test_a_camera_s_file_that_names_a_thumbnail_alone_is_a_raw() -> None:
    """As those of the Sony DSC-F828, whose suffix is srf."""
    thumbnail = photos.encoded(SCENE.resize((160, 120)), "JPEG")
    tags = [(259, 3, [6]), (271, 2, b"SONY\0"), (272, 2, b"DSC-F828\0"), (513, 4, [4096]),
            (514, 4, [len(thumbnail)])]  # fmt: skip
    data = (b"II*\0" + struct.pack("<I", 8) + directory(8, tags)).ljust(4096, b"\0") + thumbnail
    assert sniff(data.ljust(20_000, b"\0")) == "ARW"


def test_a_tiff_of_a_camera_maker_that_is_whole_stays_a_tiff() -> None:
    exif = Image.Exif()
    exif[271] = "SONY"
    assert shown(photos.encoded(SCENE, "TIFF", exif=exif)).format == "TIFF"
