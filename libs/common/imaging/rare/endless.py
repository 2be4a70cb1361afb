"""JPEGs that lack only their end: every pixel is there, and the marker after them is not."""

import io

from PIL import Image, ImageChops

from libs.common.imaging.codecs import decoders

_END = b"\xff\xd9"
_NOISE = b"\x55\xaa\x5a\xa5" * 64
"""What would be pixels, if any were missing."""
NOTE = "The JPEG lacks its end marker; all of its pixels are there"


def completed(data: bytes, size: tuple[int, int]) -> bytes | None:
    """The file with its end, where no pixel is missing; None otherwise.

    A decoder fills missing pixels from whatever follows: with noise before the end it gives another picture
    then, and the same one if it was done before.
    """
    data = data.rstrip(b"\0").removesuffix(b"\xff")
    if data.endswith(_END) or b"\xff\xc2" in data[:65536]:
        # Of a progressive one whole passes may be missing, which this does not tell.
        return None
    whole, noisy = data + _END, data + _NOISE + _END
    try:
        same = ImageChops.difference(_small(whole, size), _small(noisy, size)).getbbox() is None
    except (OSError, ValueError):
        return None
    return whole if same else None


def _small(data: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=decoders("JPEG")) as image:
        image.draft(None, size)
        image.load()
        return image.copy()
