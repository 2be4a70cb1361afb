"""Uncompressed YCbCr with fewer colours than greys, which neither Pillow nor tifffile reads.

Layout: TIFF 6.0, section 21: each unit has the greys of a block of pixels, then its two colours.
"""

import numpy as np
from PIL import Image

from libs.common.imaging.containers import tiff
from libs.common.imaging.containers.tiff import Directory

_YCBCR, _UNCOMPRESSED = 6, 1
_STATED_BY_NONE = (2, 2)
_SIDES = (1, 2, 4)


def is_subsampled(directory: Directory) -> bool:
    """Whether the picture is such a one."""
    plain = directory.first(tiff.COMPRESSION) in (None, _UNCOMPRESSED)
    return plain and directory.first(tiff.PHOTOMETRIC) == _YCBCR and _block(directory) != (1, 1)


def open_subsampled(data: bytes, directory: Directory) -> Image.Image:
    """The picture. ValueError where it lies in tiles, has blocks that no one writes, or data are missing."""
    across, down = _block(directory)
    if across not in _SIDES or down not in _SIDES or tiff.STRIP_OFFSETS not in directory.tags:
        raise ValueError("its colours are in blocks of a kind that is not known")
    width, height = directory.first(tiff.WIDTH) or 0, directory.first(tiff.HEIGHT) or 0
    columns, rows, unit = -(-width // across), -(-height // down), across * down + 2
    stored = np.frombuffer(_strips(data, directory), np.uint8)[: rows * columns * unit]
    if len(stored) < rows * columns * unit:
        raise ValueError("truncated: picture data is missing")
    units = stored.reshape(rows, columns, unit)
    greys = units[..., :-2].reshape(rows, columns, down, across).transpose(0, 2, 1, 3)
    colours = units[..., -2:].repeat(down, axis=0).repeat(across, axis=1)
    samples = np.dstack([greys.reshape(rows * down, columns * across), colours])[:height, :width]
    return Image.frombytes("YCbCr", (width, height), samples.tobytes())


def _strips(data: bytes, directory: Directory) -> bytes:
    places = zip(directory.tags[tiff.STRIP_OFFSETS], directory.tags.get(tiff.STRIP_BYTES, ()), strict=False)
    return b"".join(data[at : at + size] for at, size in places)


def _block(directory: Directory) -> tuple[int, ...]:
    """Pixels across and down that share their colours."""
    return directory.tags.get(tiff.SUBSAMPLING, _STATED_BY_NONE)[:2]
