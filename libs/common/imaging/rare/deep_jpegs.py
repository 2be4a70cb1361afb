"""JPEGs of more than 8 bits a sample, lossless ones among them, as scanners and hospitals write them."""

from PIL import Image

from libs.common.imaging.containers import jpeg
from libs.common.imaging.containers.jpeg import Frame
from libs.common.imaging.rare.samples import Meaning, picture

_MEANINGS: dict[int, Meaning] = {1: "grey", 3: "RGB", 4: "CMYK"}


def deep_frame(data: bytes) -> Frame | None:
    """The frame of such a JPEG; None for any other."""
    found = jpeg.frame(data)
    return found if found is not None and found.bits > 8 and len(found.components) in _MEANINGS else None


def open_deep(data: bytes, found: Frame) -> Image.Image:
    """The picture in 8 bits."""
    import imagecodecs  # noqa: PLC0415 - with its codecs 30 MB that most photo libraries never need

    samples = imagecodecs.jpeg_decode(data)
    shaped = samples.reshape(found.height, found.width, len(found.components))
    return picture(shaped, _MEANINGS[len(found.components)], found.bits)
