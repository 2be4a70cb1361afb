"""HEIC, AVIF and JPEG XL, each compared with the picture that was drawn, which no decoder has touched."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from libs.common.errors import Code, FileError
from libs.common.imaging.containers import jxl
from libs.common.imaging.containers.boxes import boxes, brands
from libs.common.imaging.containers.sniff import HEAD_BYTES, sniff
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import displayable, normalise
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

LIMITS = Limits()
KINDS = ("heic", "avif", "jxl")
QUICK: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 1},
    "AVIF": {"speed": 10},
    "HEIF": {"enc_params": {"preset": "ultrafast"}},
}


def drawn(
    width: int, height: int, shown: tuple[int, int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(photos.scene(width, height).resize(shown, Image.Resampling.LANCZOS), dtype=float)


@pytest.mark.parametrize("kind", KINDS)
def test_it_looks_as_it_was_drawn(kind: str) -> None:
    found = normalise(getattr(photos, kind)(800, 600), LIMITS)
    assert (found.format, found.mode, found.width, found.height) == (kind.upper(), "RGB", 800, 600)
    assert difference(found.jpeg, drawn(800, 600, (597, 448))) < 4.0
    assert Image.open(io.BytesIO(found.thumbnail)).size == (200, 150)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG", "WEBP"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    stored, exif = photos.turned(orientation, 400, 300)
    data = photos.encoded(stored, kind, exif=exif.tobytes(), quality=90, **QUICK.get(kind, {}))
    found = normalise(data, LIMITS)
    assert (found.width, found.height) == (400, 300)
    assert difference(found.jpeg, drawn(400, 300, (400, 300))) < 6.0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("packed", [True, False])
def test_jpeg_xl_is_turned_once(orientation: int, packed: bool, tmp_path: Path) -> None:
    """Both the codestream and the EXIF tell the orientation; who unpacks the JPEG meets the EXIF alone."""
    source = tmp_path / "a.jpg"
    source.write_bytes(photos.upside(orientation, 400, 300))
    data = photos.jxl_of_jpeg(source)
    found = normalise(data if packed else photos.without_boxes(data, b"jbrd"), LIMITS)
    assert (found.format, found.width, found.height) == ("JXL", 400, 300)
    assert difference(found.jpeg, drawn(400, 300, (400, 300))) < 6.0
    assert found.exif["Image Make"] == "Sluice"  # its packer compresses the EXIF with Brotli


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_xl_is_turned_once_where_codestream_and_exif_both_tell(orientation: int, tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(photos.upside(orientation, 400, 300))
    unpacked = photos.without_boxes(photos.jxl_of_jpeg(source), b"jbrd")
    found = normalise(photos.with_exif_box(unpacked, photos.turned(orientation, 40, 30)[1]), LIMITS)
    assert (found.width, found.height) == (400, 300)
    assert difference(found.jpeg, drawn(400, 300, (400, 300))) < 6.0
    assert found.exif["Image Make"] == "Sluice"


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "JXL"])
def test_transparency_is_shown_on_white(kind: str) -> None:
    image = photos.scene(400, 300).convert("RGBA")
    image.paste((255, 0, 0, 0), (0, 0, 200, 300))
    found = normalise(photos.encoded(image, kind, quality=90), LIMITS)
    assert found.mode == "RGBA"
    assert pixels(found.jpeg)[:, :180].min() > 235


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "TIFF", "JPEG"])
def test_an_embedded_profile_is_applied(kind: str) -> None:
    adobe, red = photos.adobe_rgb_profile(), (230, 40, 30)
    to_adobe = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.getOpenProfile(io.BytesIO(adobe)), "RGB", "RGB"
    )
    stored = to_adobe.apply(Image.new("RGB", (64, 64), red))
    assert stored is not None
    data = photos.encoded(stored, kind, icc_profile=adobe, quality=95)
    assert np.abs(pixels(normalise(data, LIMITS).jpeg).mean(axis=(0, 1)) - red).max() < 5


def test_the_profile_of_a_packed_jpeg_is_applied(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(next(path for path in photos.real_photos() if path.name == "rocket.jpg").read_bytes())
    packed, plain = normalise(photos.jxl_of_jpeg(source), LIMITS), normalise(source.read_bytes(), LIMITS)
    assert np.abs(pixels(packed.jpeg) - pixels(plain.jpeg)).mean() < 2.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_gets_a_jpeg(kind: str) -> None:
    assert Image.open(io.BytesIO(displayable(getattr(photos, kind)(), LIMITS))).size == (640, 480)


@pytest.mark.parametrize("kind", KINDS)
def test_its_first_bytes_tell_it(kind: str) -> None:
    assert sniff(getattr(photos, kind)(64, 48)[:HEAD_BYTES]) == kind.upper()


@pytest.mark.parametrize(
    ("major", "others", "expected"),
    [
        (b"mif1", [b"heic"], "HEIC"),
        (b"mif1", [b"miaf", b"avif"], "AVIF"),
        (b"avis", [], "AVIF"),
        (b"crx ", [b"isom"], "CR3"),
        (b"mp42", [b"isom", b"avc1"], None),
        (b"qt  ", [], None),
    ],
)
def test_the_family_of_iso_boxes_is_told_apart(
    major: bytes, others: list[bytes], expected: str | None
) -> None:
    body = major + bytes(4) + b"".join(others)
    head = (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body
    assert brands(head) == [major, *others]
    assert sniff(head) == expected


@pytest.mark.parametrize(
    "size",
    [(8, 8), (256, 256), (264, 256), (255, 256), (1, 1), (3000, 2000), (1600, 900), (20_000, 2), (7, 513)],
)
@pytest.mark.parametrize("container", [True, False])
def test_the_size_of_a_jpeg_xl_is_read_from_its_header(size: tuple[int, int], container: bool) -> None:
    data = photos.encoded(Image.new("L", size), "JXL", effort=1, use_container=container)
    assert jxl.size_of(data) == size


def test_a_jpeg_xl_bomb_is_refused_before_it_is_decoded() -> None:
    header = 0b0 | (0b11 << 1) | (((1 << 30) - 1) << 3) | (1 << 33)  # a square of 2^30 pixels a side
    with pytest.raises(FileError) as caught:
        normalise(jxl.CODESTREAM + header.to_bytes(5, "little") + bytes(64), LIMITS)
    assert caught.value.code is Code.TOO_MANY_PIXELS


def test_a_codestream_that_ends_early_has_a_reason_that_people_understand() -> None:
    """Without a container nothing tells damage from a missing end."""
    data = photos.encoded(photos.scene(320, 240), "JXL", effort=3)
    assert data.startswith(jxl.CODESTREAM)
    with pytest.raises(FileError) as caught:
        normalise(photos.truncated(data), LIMITS)
    assert caught.value.code is Code.DECODE_FAILED
    assert caught.value.detail == "The JXL cannot be decoded: it is damaged or cut short"


def test_boxes_that_lie_about_their_size_end() -> None:
    for size in (0, 1, 2, 7, 8, 2**32 - 1):
        assert len(list(boxes(size.to_bytes(4, "big") + b"abcd" + bytes(64)))) <= 10
