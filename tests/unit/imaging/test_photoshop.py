"""The composite of PSD and PSB files shows what was drawn."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageCms

from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import NormalisedImage, normalise
from libs.common.imaging.rare.photoshop import WITHOUT_COMPOSITE
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

SCENE = photos.scene(200, 150)
DRAWN = np.asarray(SCENE, dtype=float)
GREY = np.asarray(SCENE.convert("L").convert("RGB"), dtype=float)
SHARES = DRAWN / 255
GREYSCALE, RGB, CMYK, LAB = 1, 3, 4, 9
KINDS = {8: ">u1", 16: ">u2", 32: ">f4"}
Planes = NDArray[Any]


def runs(row: bytes) -> bytes:
    """A row in literal runs, which is packed badly and well-formed."""
    return b"".join(bytes([len(row[n : n + 100]) - 1]) + row[n : n + 100] for n in range(0, len(row), 100))


def packed(planes: NDArray[np.generic], compression: int, version: int) -> bytes:
    rows = [row.tobytes() for plane in planes for row in plane]
    match compression:
        case 1:
            all_runs = [runs(row) for row in rows]
            lengths = struct.pack(f">{len(rows)}{'I' if version == 2 else 'H'}", *map(len, all_runs))
            return lengths + b"".join(all_runs)
        case 2:
            return zlib.compress(b"".join(rows))
        case 3 if planes.dtype == ">f4":
            levels = np.array(planes).view(np.uint8).reshape(*planes.shape, 4).swapaxes(2, 3)
            flat = levels.reshape(*planes.shape[:2], -1)
            return zlib.compress(np.diff(flat, axis=2, prepend=np.zeros_like(flat[..., :1])).tobytes())
        case 3:
            differences = np.diff(planes, axis=2, prepend=np.zeros_like(planes[..., :1]))
            return zlib.compress(differences.astype(planes.dtype).tobytes())
    return b"".join(rows)


def psd(
    planes: Planes, mode: int, *, depth: int = 8, compression: int = 0, version: int = 1, layers: int = 0
) -> bytes:
    """A document of planes (channels, height, width) from 0 to 1; `layers` as it counts them."""
    scale = 1 if depth == 32 else (1 << depth) - 1
    samples = (planes * scale).round(0 if depth < 32 else 6).astype(KINDS[depth])
    channels, height, width = samples.shape
    head = struct.pack(">4sH6xHIIHH", b"8BPS", version, channels, height, width, depth, mode)
    wide = ">Q" if version == 2 else ">I"
    counted = struct.pack(wide, 2) + struct.pack(">h", layers) if layers else b""
    sections = struct.pack(">II", 0, 0) + struct.pack(wide, len(counted)) + counted
    return head + sections + struct.pack(">H", compression) + packed(samples, compression, version)


def shown(data: bytes, expected: NDArray[np.float64]) -> NormalisedImage:
    found = normalise(data, Limits())
    assert (found.format, found.width, found.height) == ("PSD", 200, 150)
    assert difference(found.jpeg, expected) < 4.0
    return found


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("depth", "compression"),
    [(8, 0), (8, 1), (8, 2), (8, 3), (16, 0), (16, 1), (16, 2), (16, 3), (32, 0), (32, 1), (32, 3)],
)
def test_every_depth_and_compression(depth: int, compression: int, version: int) -> None:
    data = psd(SHARES.transpose(2, 0, 1), RGB, depth=depth, compression=compression, version=version)
    assert shown(data, DRAWN).mode == "RGB"


def test_of_floats_white_is_one_whatever_shines_or_is_no_number() -> None:
    planes = SHARES.transpose(2, 0, 1).copy()
    planes[0, 0, :4] = np.nan, np.inf, 1e30, -3
    shown(psd(planes, RGB, depth=32), DRAWN)


@pytest.mark.parametrize(
    ("mode", "depth"), [(CMYK, 32), (LAB, 32), (2, 32), (2, 16), (0, 8), (RGB, 1), (RGB, 64)]
)
def test_depths_that_a_kind_of_colour_never_has_are_refused(mode: int, depth: int) -> None:
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 4, 1, 1, depth, mode) + struct.pack(">IIIH", 0, 0, 0, 0)
    with pytest.raises(FileError, match=f"of kind {mode} with {depth} bits"):
        normalise(head + bytes(64), Limits())


@pytest.mark.parametrize("depth", [8, 16])
def test_greys_inks_and_lab(depth: int) -> None:
    shown(psd(GREY.transpose(2, 0, 1)[:1] / 255, GREYSCALE, depth=depth), GREY)
    paper = np.concatenate([SHARES.transpose(2, 0, 1), np.ones((1, 150, 200))])
    assert shown(psd(paper, CMYK, depth=depth), DRAWN).mode == "CMYK"
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = np.asarray(to_lab.apply(SCENE)) ^ np.array([0, 128, 128], dtype=np.uint8)
    assert shown(psd(lab.transpose(2, 0, 1) / 255, LAB, depth=depth), DRAWN).mode == "LAB"


def test_a_palette_and_a_bitmap() -> None:
    indexed = SCENE.quantize(256)
    palette = np.array(indexed.getpalette(), dtype=np.uint8).reshape(-1, 3)
    colours = np.pad(palette, ((0, 256 - len(palette)), (0, 0))).T.tobytes()
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 1, 150, 200, 8, 2) + struct.pack(">I", 768) + colours
    expected = np.asarray(indexed.convert("RGB"), dtype=float)
    shown(head + struct.pack(">IIH", 0, 0, 0) + indexed.tobytes(), expected)
    white = GREY[..., 0] > 127
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 1, 150, 200, 1, 0)
    data = head + struct.pack(">IIIH", 0, 0, 0, 0) + np.packbits(~white, axis=1).tobytes()
    found = normalise(data, Limits())
    assert difference(found.jpeg, np.repeat(white[..., None] * 255.0, 3, axis=2)) < 25.0


@pytest.mark.parametrize("mode", [RGB, CMYK])
@pytest.mark.parametrize("already", [True, False])
def test_transparency_is_on_white_whether_the_writer_blended_it_or_not(mode: int, already: bool) -> None:
    opacity = np.full((1, 150, 200), 0.5)
    colours = SHARES.transpose(2, 0, 1) / 2 + 0.5 if already else SHARES.transpose(2, 0, 1)
    ink = [] if mode == RGB else [np.ones((1, 150, 200))]
    shown(psd(np.concatenate([colours, *ink, opacity]), mode, layers=-1), DRAWN / 2 + 127.5)


def test_a_saved_selection_is_no_transparency() -> None:
    selection = np.zeros((1, 150, 200))
    planes = np.concatenate([SHARES.transpose(2, 0, 1), selection])
    shown(psd(planes, RGB), DRAWN)
    shown(psd(planes, RGB, layers=2), DRAWN)


@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize("version", [1, 2])
def test_one_that_is_cut_is_truncated(version: int, compression: int) -> None:
    data = psd(SHARES.transpose(2, 0, 1), RGB, compression=compression, version=version)
    for keep in (20, 30, 36, len(data) // 2):
        with pytest.raises(FileError) as caught:
            normalise(data[:keep], Limits())
        assert caught.value.code is Code.TRUNCATED_IMAGE


def test_kinds_that_are_not_known_and_sizes_that_are_too_large_are_refused() -> None:
    unknown = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, 1, 1, 8, 7) + struct.pack(">IIIH", 0, 0, 0, 0)
    with pytest.raises(FileError, match="of kind 7 with 8 bits"):
        normalise(unknown + b"\0" * 9, Limits())
    empty = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, 0, 9, 8, 3) + struct.pack(">IIIH", 0, 0, 0, 2)
    with pytest.raises(FileError, match="no pixels"):
        normalise(empty + zlib.compress(bytes(9 << 20)), Limits())
    huge = struct.pack(">4sH6xHIIHH", b"8BPS", 2, 3, 300_000, 300_000, 8, 3) + struct.pack(
        ">IIQH", 0, 0, 0, 1
    )
    with pytest.raises(FileError) as caught:
        normalise(huge, Limits())
    assert caught.value.code is Code.TOO_MANY_PIXELS


def test_its_profile_is_applied() -> None:
    profile = photos.adobe_rgb_profile()
    resource = struct.pack(">4sHHI", b"8BIM", 0x040F, 0, len(profile)) + profile + b"\0" * (len(profile) % 2)
    data = psd(SHARES.transpose(2, 0, 1), RGB)
    with_it = data[:30] + struct.pack(">I", len(resource)) + resource + data[34:]
    expected = normalise(photos.encoded(SCENE, "PNG", icc_profile=profile), Limits()).jpeg
    assert difference(normalise(with_it, Limits()).jpeg, pixels(expected)) < 1.0
    assert difference(expected, DRAWN) > 4.0


def test_a_document_without_a_composite_shows_its_preview() -> None:
    """As Photoshop saves it if told so: what stands in the composite's place is white, or a notice."""
    thumbnail = bytes(28) + photos.encoded(SCENE.resize((160, 120)), "JPEG", quality=95)
    parts = {0x0421: struct.pack(">IB", 1, 0), 0x040C: thumbnail}
    resources = b"".join(
        struct.pack(">4sHHI", b"8BIM", number, 0, len(body)) + body + b"\0" * (len(body) % 2)
        for number, body in parts.items()
    )
    data = psd(np.ones((3, 150, 200)), RGB)
    found = normalise(data[:30] + struct.pack(">I", len(resources)) + resources + data[34:], Limits())
    assert (found.width, found.height, found.note) == (200, 150, WITHOUT_COMPOSITE)
    assert difference(found.jpeg, np.asarray(SCENE.resize((160, 120)), dtype=float)) < 6.0
