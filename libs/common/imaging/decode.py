"""All that is no RAW, through Pillow and its plug-ins, at a reduced scale where the format allows it."""

import io

from PIL import Image

from libs.common.imaging.codecs import decoders
from libs.common.imaging.colour import shrinkable
from libs.common.imaging.containers import jxl
from libs.common.imaging.containers.sniff import Format
from libs.common.imaging.failures import check_pixels
from libs.common.imaging.metadata.exif import exif_block
from libs.common.imaging.orient import orientation_of, upright_size
from libs.common.imaging.picture import Picture
from libs.common.imaging.shrink import Bounds, shrunk

# Pillow's own limit would warn, once and for the whole process; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture:
    """The first picture in `data`, shrunk to `bounds`. Raises whatever Pillow does on damaged input."""
    if kind == "JXL":
        check_pixels(*jxl.size_of(data), max_pixels)  # opening it decodes it
    with Image.open(io.BytesIO(data), formats=decoders(kind)) as image:
        check_pixels(*image.size, max_pixels)
        mode, declared = image.mode, image.size
        image.draft(None, bounds.fit(declared))
        drafted = image.size != declared
        image.load()
        full = declared if drafted else image.size
        orientation = 1 if _is_upright(image) else orientation_of(image)
        width, height = upright_size(full, orientation)
        small = shrunk(shrinkable(image), bounds.fit(full))
        exif = data if kind == "TIFF" else exif_block(image)
        return Picture(small, width, height, mode, orientation, image.info.get("icc_profile"), exif)


def _is_upright(image: Image.Image) -> bool:
    """Whether the decoder has turned the picture already, and its EXIF still says how it was.

    JPEG XL has an orientation of its own, which libjxl obeys, except in a JPEG packed without loss.
    """
    return image.format == "JXL" and not getattr(image, "jpeg", False)
