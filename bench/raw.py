"""A DNG of 24 MP as cameras and converters write it: with a JPEG preview inside, or without."""

import struct

from PIL import Image

from cli.raw_photo import dng as without_preview


def dng(picture: Image.Image, *, preview: bytes | None) -> bytes:
    """The sensor's view of `picture`; `preview` is a JPEG of the same size, put into a second directory."""
    data = without_preview(picture)
    return data if preview is None else with_preview(data, preview, picture.size)


def with_preview(data: bytes, preview: bytes, size: tuple[int, int]) -> bytes:
    """The DNG with this JPEG inside, in a further directory to which the end of the first points."""
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    directory = _directory(size, len(data), len(preview))
    linked = bytearray(data)
    struct.pack_into("<I", linked, first + 2 + 12 * count, len(data) + len(preview))
    return bytes(linked) + preview + directory


def _directory(size: tuple[int, int], offset: int, length: int) -> bytes:
    short, long = 3, 4
    tags = (
        (254, long, 1, 1),  # NewSubfileType: a reduced version
        (256, long, 1, size[0]),
        (257, long, 1, size[1]),
        (258, short, 1, 8),
        (259, short, 1, 7),  # Compression: JPEG
        (262, short, 1, 6),  # PhotometricInterpretation: YCbCr
        (273, long, 1, offset),
        (277, short, 1, 3),
        (278, long, 1, size[1]),
        (279, long, 1, length),
    )
    return struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
