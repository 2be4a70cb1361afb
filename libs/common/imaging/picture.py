"""A picture on its way through the decoders: small, in its own colours, not yet turned."""

from dataclasses import dataclass

from PIL import Image

from libs.common.imaging.metadata.packets import NO_PACKETS, Packets


@dataclass(frozen=True, slots=True)
class Picture:
    """`image` has been shrunk. `width` and `height` are the full picture's, upright; `mode` is the
    original's. `orientation` is what is still to be done to `image`, `profile` its ICC profile, `packets` the
    metadata that the file brings along, `note` what is wrong with the file though the picture is whole.
    """

    image: Image.Image
    width: int
    height: int
    mode: str
    orientation: int = 1
    profile: bytes | None = None
    packets: Packets = NO_PACKETS
    note: str | None = None
