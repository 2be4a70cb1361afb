"""JPEG, PNG, WebP, TIFF and BMP through Pillow, at a reduced scale where the format allows it."""

import io

from PIL import Image

from libs.common.imaging.colour import shrinkable
from libs.common.imaging.failures import check_pixels
from libs.common.imaging.orient import orientation_of, upright_size
from libs.common.imaging.picture import Picture
from libs.common.imaging.shrink import Bounds, shrunk
from libs.common.imaging.sniff import Format

# Pillow's own limit would warn, once and for the whole process; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# What Pillow calls them; MPO is the JPEG of several pictures that phones write, the first being the photo.
_DECODERS: dict[str, tuple[str, ...]] = {"JPEG": ("JPEG", "MPO")}


def decode(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture:
    """The first picture in `data`, shrunk to `bounds`. Raises whatever Pillow does on damaged input."""
    with Image.open(io.BytesIO(data), formats=_DECODERS.get(kind, (kind,))) as image:
        check_pixels(*image.size, max_pixels)
        mode, declared = image.mode, image.size
        image.draft(None, bounds.fit(declared))
        drafted = image.size != declared
        image.load()
        full = declared if drafted else image.size
        orientation = orientation_of(image)
        width, height = upright_size(full, orientation)
        small = shrunk(shrinkable(image), bounds.fit(full))
        exif = data if kind == "TIFF" else image.info.get("exif", b"")
        return Picture(small, width, height, mode, orientation, image.info.get("icc_profile"), exif)
