"""JPEG 2000 that Pillow gets wrong: deep colours, whose whites become black, and inks by a profile."""

from PIL import Image

from libs.common.imaging.containers import jpeg2000
from libs.common.imaging.containers.jpeg2000 import Header
from libs.common.imaging.rare.samples import Alpha, Meaning, picture

_KINDS: dict[int, tuple[Meaning, Alpha]] = {2: ("grey", "plain"), 3: ("RGB", "none"), 4: ("RGB", "plain")}
_OF_INKS: tuple[Meaning, Alpha] = ("CMYK", "none")
_INKS = 4


def rare_header(data: bytes) -> Header | None:
    """The header of such a file; None for any other."""
    found = jpeg2000.header(data)
    if found is None or found.components not in _KINDS:
        return None
    inks = found.components == _INKS and jpeg2000.profile(data) and jpeg2000.is_cmyk(data)
    return found if found.bits > 8 or inks else None


def open_rare(data: bytes, found: Header) -> Image.Image:
    """The picture in 8 bits, on white."""
    import imagecodecs  # noqa: PLC0415 - with its codecs 30 MB that most photo libraries never need

    samples = imagecodecs.jpeg2k_decode(data)
    meaning, alpha = _OF_INKS if jpeg2000.is_cmyk(data) else _KINDS[found.components]
    return picture(samples, meaning, found.bits, alpha)
