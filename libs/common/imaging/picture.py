"""A picture on its way through the decoders: small, in its own colours, not yet turned."""

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True, slots=True)
class Picture:
    """`image` has been shrunk. `width` and `height` are the full picture's, upright; `mode` is the
    original's. `orientation` is what is still to be done to `image`, `profile` its ICC profile, `exif` its
    EXIF as a TIFF structure, or the whole file where that is one, or the JPEG that has it.
    """

    image: Image.Image
    width: int
    height: int
    mode: str
    orientation: int = 1
    profile: bytes | None = None
    exif: bytes = b""
