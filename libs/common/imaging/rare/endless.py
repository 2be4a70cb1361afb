"""JPEGs that lack only their end: every pixel is there, and the marker after them is not."""

import io

from PIL import Image, ImageChops

from libs.common.imaging.codecs import decoders
from libs.common.imaging.containers import jpeg

_END = b"\xff\xd9"
_PROGRESSIVE = b"\xff\xc2"
_FULL = (0, 0)
_NOISE = b"\x55\xaa\x5a\xa5" * 64
"""What would be pixels, if any were missing."""
NOTE = "The JPEG lacks its end marker; all of its pixels are there"


def completed(data: bytes, size: tuple[int, int]) -> bytes | None:
    """The file with its end, where no pixel is missing; None otherwise.

    A decoder fills missing pixels from whatever follows: with noise before the end it gives another picture
    then, and the same one if it was done before. Of a progressive one that tells of the last pass alone, and
    at full size, as it may be about fine details.
    """
    data = _without_padding(data)
    if data.endswith(_END) or not jpeg.has_all_passes(data):
        return None
    size = _FULL if _PROGRESSIVE in data else size
    whole, noisy = data + _END, data + _NOISE + _END
    try:
        same = ImageChops.difference(_small(whole, size), _small(noisy, size)).getbbox() is None
    except (OSError, ValueError):
        return None
    return whole if same else None


def _without_padding(data: bytes) -> bytes:
    """Without zeros at its end, and half an end marker; a byte of 255 is followed by a zero of its own."""
    bare = data.rstrip(b"\0")
    return bare + b"\0" if bare.endswith(b"\xff") and len(bare) < len(data) else bare.removesuffix(b"\xff")


def _small(data: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=decoders("JPEG")) as image:
        if size != _FULL:
            image.draft(None, size)
        image.load()
        return image.copy()
