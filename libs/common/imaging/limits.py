"""How large a picture may be, and how small the one that travels gets."""

from dataclasses import dataclass

from libs.common.topics import MAX_MESSAGE_BYTES

THUMBNAIL_SIDE = 200
THUMBNAIL_QUALITY = 85
MAX_EXIF_BYTES = 32 * 1024

_FILE_FIELDS_BYTES = 24 * 1024
"""Room for a record's other fields: a path of 4 KB, shown with every byte escaped as four characters."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in pixels, or bytes where the name says so.

    A picture is shrunk to `short_side`, and further if its long side is still over `long_side`.
    `max_pixels` is looked at before anything is decoded. `record_bytes` bounds the JPEG, its thumbnail
    and its EXIF together. `gif` says whether a GIF is a picture at all.
    """

    short_side: int = 448
    long_side: int = 1792
    max_pixels: int = 500_000_000
    gif: bool = False
    record_bytes: int = MAX_MESSAGE_BYTES - _FILE_FIELDS_BYTES
