"""Which way is up: EXIF's eight orientations (CIPA DC-008, tag 0x0112)."""

from PIL import Image
from PIL.Image import Transpose

ORIENTATION = 0x0112

_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}

_SIDEWAYS = (5, 6, 7, 8)


def orientation_of(image: Image.Image) -> int:
    """The orientation that the picture's EXIF gives, 1 to 8; 1 where there is none to be read."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - Pillow raises nearly anything on damaged EXIF
        return 1
    # Some writers give it as a BYTE, which Pillow gives as bytes, or as a list of one.
    first = value[0] if isinstance(value, bytes | tuple) and value else value
    return first if first in _UPRIGHT else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned and mirrored as its orientation asks."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(width, height) after `upright`."""
    return (size[1], size[0]) if orientation in _SIDEWAYS else size
