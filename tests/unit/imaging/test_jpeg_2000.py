"""JPEG 2000 of depths and colours that Pillow gets wrong."""

import struct
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import icc, photos
from tests.unit.imaging.reference import difference, plain
from tests.unit.imaging.test_colour import P3

SCENE = photos.scene(400, 300)
SHARES = np.asarray(SCENE) / 255


def encoded(samples: NDArray[Any], **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, **options))


def deep(bits: int) -> NDArray[np.uint16]:
    return (SHARES * ((1 << bits) - 1)).astype(np.uint16)


def with_profile(data: bytes, profile: bytes) -> bytes:
    """The file with a profile in place of the number of its colours."""
    at, head = data.index(b"colr") - 4, data.index(b"jp2h") - 4
    old = int.from_bytes(data[at : at + 4], "big")
    box = struct.pack(">I4s3B", 11 + len(profile), b"colr", 2, 0, 0) + profile
    size = int.from_bytes(data[head : head + 4], "big") + len(box) - old
    return data[:head] + struct.pack(">I", size) + data[head + 4 : at] + box + data[at + old :]


@pytest.mark.parametrize("codec", ["JP2", "J2K"])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_the_whites_of_deep_colours_are_white(bits: int, codec: str) -> None:
    found = normalise(encoded(deep(bits), bitspersample=bits, codecformat=codec), Limits())
    assert (found.mode, found.width, found.height) == ("RGB", 400, 300)
    assert difference(found.jpeg, SHARES * 255) < 4.0


def test_deep_colours_with_transparency_are_on_white() -> None:
    samples = np.dstack([deep(16), np.full((300, 400), 32_768, np.uint16)])
    assert difference(normalise(encoded(samples), Limits()).jpeg, SHARES * 127.5 + 127.5) < 4.0


def test_deep_greys_with_transparency_are_on_white() -> None:
    grey = np.asarray(SCENE.convert("L")).astype(np.uint16) * 257
    samples = np.dstack([grey, np.full((300, 400), 32_768, np.uint16)])
    expected = np.repeat(grey[..., np.newaxis] / 514 + 127.5, 3, axis=2)
    assert difference(normalise(encoded(samples), Limits()).jpeg, expected) < 4.0


def test_deep_inks() -> None:
    inks = np.asarray(SCENE.convert("CMYK")).astype(np.uint16) * 257
    assert difference(normalise(encoded(inks, colorspace="CMYK"), Limits()).jpeg, SHARES * 255) < 4.0


@pytest.mark.parametrize("bits", [8, 16])
def test_the_profile_in_its_boxes_counts(bits: int) -> None:
    samples = np.asarray(SCENE) if bits == 8 else deep(16)
    profile = icc.matrix_profile("Display", P3, 2.2)
    found = normalise(with_profile(encoded(samples), profile), Limits())
    shown = plain(photos.encoded(SCENE, "PNG", icc_profile=profile), (400, 300))
    assert difference(found.jpeg, shown) < 5.0


def test_inks_by_a_profile_are_inks() -> None:
    inks = encoded(np.asarray(SCENE.convert("CMYK")), colorspace="CMYK")
    profile = bytearray(icc.matrix_profile("Press", P3, 2.2))
    profile[16:20] = b"CMYK"
    assert difference(normalise(with_profile(inks, bytes(profile)), Limits()).jpeg, SHARES * 255) < 4.0


def test_too_many_deep_pixels_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(FileError) as caught:
        normalise(encoded(deep(16)), Limits(max_pixels=1000))
    assert caught.value.code is Code.TOO_MANY_PIXELS


def test_damage_in_the_head_is_told_as_such() -> None:
    data = encoded(deep(16))
    for cut in (40, 90, 120, 130, 160):
        with pytest.raises(FileError):
            normalise(data[:cut], Limits())


@pytest.mark.parametrize("codec", ["JP2", "J2K"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_one_that_ends_early_is_truncated(codec: str, share: float) -> None:
    data = photos.encoded(SCENE, "JPEG2000", no_jp2=codec == "J2K")
    with pytest.raises(FileError) as caught:
        normalise(data[: int(len(data) * share)], Limits())
    assert caught.value.code is Code.TRUNCATED_IMAGE


def test_one_that_is_damaged_and_whole_is_not_said_to_be_cut() -> None:
    data = photos.encoded(SCENE, "JPEG2000", no_jp2=True)
    with pytest.raises(FileError) as caught:
        normalise(data[:8] + bytes(80) + data[88:], Limits())
    assert caught.value.code is Code.DECODE_FAILED


def test_plain_files_stay_with_pillow() -> None:
    assert normalise(photos.encoded(Image.fromarray(deep(16)[..., 1]), "JPEG2000"), Limits()).mode == "I;16"


def test_a_header_that_stands_before_the_codestream_does_not_hide_its_size() -> None:
    small, large = encoded(deep(16)[:8, :8].copy()), encoded(deep(16))
    at = large.index(b"jp2h") - 4
    hidden = small[small.index(b"\xff\x4f\xff\x51") :][:60]
    box = struct.pack(">I4s", 8 + len(hidden), b"free") + hidden
    with pytest.raises(FileError) as caught:
        normalise(large[:at] + box + large[at:], Limits(max_pixels=1000))
    assert caught.value.code is Code.TOO_MANY_PIXELS
