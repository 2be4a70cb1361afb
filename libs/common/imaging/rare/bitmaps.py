"""BMPs that say with masks which bits of a pixel are which colour, in layouts that Pillow does not take
or whose transparency it leaves out.

Layout: Microsoft's BITMAPINFOHEADER and its longer successors.
"""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from libs.common.imaging.rare.samples import Alpha, picture

_BY_MASKS, _BY_MASKS_WITH_ALPHA = 3, 6
_BYTES = frozenset(0xFF << shift for shift in (0, 8, 16, 24))
_WITH_ALPHA = 56
"""Bytes of the shortest header that has a mask of transparency."""


def has_masks(data: bytes) -> bool:
    """Whether a BMP has its colours by masks."""
    if len(data) < 70 or int.from_bytes(data[14:18], "little") < 40:
        return False
    return struct.unpack_from("<I", data, 30)[0] in (_BY_MASKS, _BY_MASKS_WITH_ALPHA)


def has_alpha(data: bytes) -> bool:
    """Whether one of the masks is that of transparency, of less than a byte: Pillow leaves those out."""
    return has_masks(data) and any(mask not in _BYTES for mask in _alpha_mask(data))


def shown(image: Image.Image) -> Image.Image:
    """Without a transparency that is all zero: many programs leave its bits so and mean nothing by it, and
    browsers show those pictures.
    """
    is_empty = image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0)
    return image.convert("RGB") if is_empty else image


def size_of(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels."""
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)


def open_with_masks(data: bytes) -> Image.Image:
    """The picture in RGB, on white. ValueError for what makes no picture, and for missing pixels."""
    (offset,) = struct.unpack_from("<I", data, 10)
    (signed_height,) = struct.unpack_from("<i", data, 22)
    (bits,) = struct.unpack_from("<H", data, 28)
    width, height = size_of(data)
    if width <= 0 or height == 0 or bits not in (16, 32):
        raise ValueError(f"{width} x {height} pixels of {bits} bits by masks")
    stride = (width * bits // 8 + 3) // 4 * 4
    if offset + stride * height > len(data):
        raise ValueError("truncated: pixels are missing")
    rows = np.frombuffer(data, np.uint8, stride * height, offset).reshape(height, stride)
    pixels = np.ascontiguousarray(rows[:, : width * bits // 8]).view(f"<u{bits // 8}").astype(np.uint32)
    masks = struct.unpack_from("<3I", data, 54)
    colours = np.stack([_channel(pixels, mask) for mask in (*masks, *_alpha_mask(data))], axis=-1)
    # As in `shown`.
    alpha: Alpha = "plain" if colours[..., -1].any() else "none"
    return picture(colours if signed_height < 0 else colours[::-1], "RGB", 8, alpha)


def _alpha_mask(data: bytes) -> tuple[int, ...]:
    """The mask of transparency, if the header has one: in it, or after it where it says so."""
    header, compression = (int.from_bytes(data[at : at + 4], "little") for at in (14, 30))
    has_mask = header >= _WITH_ALPHA or compression == _BY_MASKS_WITH_ALPHA
    return tuple(mask for mask in struct.unpack_from("<I", data, 66) if mask and has_mask)


def _channel(pixels: NDArray[np.uint32], mask: int) -> NDArray[np.uint8]:
    if mask == 0:
        return np.zeros(pixels.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    if most & (most + 1):
        raise ValueError("a mask with holes")
    levels = (pixels & np.uint32(mask)) >> np.uint32(shift)
    return (levels * (255.0 / most) + 0.5).astype(np.uint8)
