"""PNGs that tell their colours by an exponent and primaries, as browsers show them."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from libs.common.imaging.gamma import profile_of
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

SCENE = Image.fromarray(np.asarray(photos.scene(160, 120)))
"""Without the profile that the photo has."""
SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
WIDE = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
"""Adobe RGB's primaries: white, red, green and blue as x and y."""


def chunk(name: bytes, *values: int) -> bytes:
    body = name + struct.pack(f">{len(values)}I", *values)
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def told(picture: Image.Image, *chunks: bytes, **options: object) -> bytes:
    data = photos.encoded(picture, "PNG", **options)
    return data[:33] + b"".join(chunks) + data[33:]


def stored_with(exponent: float, mode: str = "RGB") -> Image.Image:
    """The scene as a writer of that exponent stores it."""
    light = (np.asarray(SCENE.convert(mode)) / 255) ** 2.2
    return Image.fromarray((light ** (1 / exponent) * 255).round().astype(np.uint8), mode)


def shown(data: bytes) -> np.ndarray:
    return pixels(normalise(data, Limits()).jpeg)


@pytest.mark.parametrize(("exponent", "gamma"), [(1.0, 100_000), (1.8, 55_556), (1 / 0.5, 50_000)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_exponent_counts(exponent: float, gamma: int, mode: str) -> None:
    data = told(stored_with(exponent, mode), chunk(b"gAMA", gamma))
    assert difference(normalise(data, Limits()).jpeg, np.asarray(SCENE.convert(mode).convert("RGB"))) < 6


def test_primaries_count_where_an_exponent_is_there() -> None:
    flat = Image.new("RGB", (64, 64), (200, 50, 50))
    expected = shown(told(flat, icc_profile=photos.adobe_rgb_profile()))
    found = shown(told(flat, chunk(b"gAMA", 45_470), chunk(b"cHRM", *WIDE)))
    assert np.abs(found - expected).max() <= 2
    assert np.abs(found - np.asarray(flat)).max() > 20


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"gAMA", 45_455),),
        (chunk(b"gAMA", 45_455), chunk(b"cHRM", *SRGB)),
        (chunk(b"cHRM", *WIDE),),
        (chunk(b"gAMA", 0),),
        (chunk(b"gAMA", 1),),
        (chunk(b"gAMA", 2**31),),
        (chunk(b"gAMA", 45_455), chunk(b"cHRM", *[0] * 8)),
        (chunk(b"gAMA", 45_455), chunk(b"cHRM", *[2**31 - 1] * 8)),
        (chunk(b"gAMA", 100_000), chunk(b"cHRM", *[33_333] * 8)),
        (b"\0\0\0\1sRGB\0" + struct.pack(">I", zlib.crc32(b"sRGB\0")), chunk(b"gAMA", 100_000)),
    ],
)
def test_what_is_srgb_or_cannot_be_right_changes_nothing(chunks: tuple[bytes, ...]) -> None:
    assert (shown(told(SCENE, *chunks)) == shown(told(SCENE))).all()


def test_a_profile_goes_before_them() -> None:
    profile = photos.adobe_rgb_profile()
    expected = shown(told(SCENE, icc_profile=profile))
    assert (shown(told(SCENE, chunk(b"gAMA", 100_000), icc_profile=profile)) == expected).all()


def test_a_file_without_them_has_no_profile() -> None:
    assert profile_of({}) is None
