"""What is transparent is shown on white, however the file says it."""

import struct
import zlib

import numpy as np
import pytest

from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

SCENE = np.asarray(photos.scene(400, 300))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(depth: int, kind: int, row: bytes, key: bytes) -> bytes:
    """64 equal rows of 64 pixels, in which one colour is transparent."""
    head = struct.pack(">IIBBBBB", 64, 64, depth, kind, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"tRNS", key) + chunk(b"IDAT", zlib.compress((b"\0" + row) * 64))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def halves(data: bytes) -> tuple[list[float], list[float]]:
    """The colours of the left half and of the right one."""
    shown = pixels(normalise(data, Limits()).jpeg)
    return shown[32, 8].tolist(), shown[32, 56].tolist()


@pytest.mark.parametrize(
    ("depth", "key", "other", "level"),
    [(1, 1, 0, 0), (2, 1, 2, 170), (4, 5, 7, 119), (8, 80, 127, 127), (16, 20_000, 32_639, 127)],
)
def test_a_grey_of_a_png_that_stands_for_transparency(depth: int, key: int, other: int, level: int) -> None:
    bits = format(key, f"0{depth}b") * 32 + format(other, f"0{depth}b") * 32
    row = int(bits, 2).to_bytes(len(bits) // 8, "big")
    left, right = halves(png_of(depth, 0, row, struct.pack(">H", key)))
    assert left == [255] * 3
    assert right == pytest.approx([level] * 3, abs=2)


@pytest.mark.parametrize(("depth", "most"), [(8, 255), (16, 65_535)])
def test_a_colour_of_a_png_that_stands_for_transparency(depth: int, most: int) -> None:
    key = [most * 4 // 5, most // 25, 0]
    row = b"".join(level.to_bytes(depth // 8, "big") for level in key * 32 + [most // 5] * 96)
    left, right = halves(png_of(depth, 2, row, struct.pack(">3H", *key)))
    assert left == [255] * 3
    assert right == pytest.approx([51] * 3, abs=2)


def bitmap(bits: int, masks: tuple[int, int, int, int], opacity: float) -> bytes:
    """The scene with a mask of transparency in its header."""
    levels = np.dstack([SCENE, np.full((300, 400), opacity * 255)]).astype(np.uint32)
    packed = np.zeros((300, 400), np.uint32)
    for channel, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        packed |= ((levels[..., channel] * (mask >> shift) + 127) // 255) << shift
    body = packed[::-1].astype(f"<u{bits // 8}").tobytes()
    head = struct.pack("<IiiHHIIiiII4I", 124, 400, 300, 1, bits, 3, len(body), 0, 0, 0, 0, *masks)
    start = 14 + 124
    return struct.pack("<2sIHHI", b"BM", start + len(body), 0, 0, start) + head.ljust(124, b"\0") + body


LAYOUTS = {
    "5551": (16, (0x7C00, 0x03E0, 0x001F, 0x8000), 0.5, 1.0),
    "4444": (16, (0x0F00, 0x00F0, 0x000F, 0xF000), 1 / 3, 1 / 3),
    "1010102": (32, (0x3FF00000, 0x000FFC00, 0x000003FF, 0xC0000000), 1 / 3, 1 / 3),
    "8888": (32, (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000), 1 / 3, 1 / 3),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bitmaps_with_a_mask_of_transparency(layout: str) -> None:
    bits, masks, opacity, shown_as = LAYOUTS[layout]
    data = bitmap(bits, masks, opacity)
    expected = SCENE * shown_as + 255 * (1 - shown_as)
    assert difference(normalise(data, Limits()).jpeg, expected) < 6.0


def test_half_of_a_bitmap_of_5551_is_transparent() -> None:
    data = bytearray(bitmap(16, LAYOUTS["5551"][1], 1.0))
    data[138 + 1 : 138 + 150 * 800 : 2] = bytes(byte & 0x7F for byte in data[139 : 138 + 150 * 800 : 2])
    shown = pixels(normalise(bytes(data), Limits()).jpeg)
    assert shown[160:].min() > 250
    assert float(np.abs(shown[:140] - SCENE[:140]).mean()) < 6.0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bitmaps_that_leave_all_transparency_zero_are_shown(layout: str) -> None:
    bits, masks, _, _ = LAYOUTS[layout]
    assert difference(normalise(bitmap(bits, masks, 0.0), Limits()).jpeg, SCENE) < 6.0
