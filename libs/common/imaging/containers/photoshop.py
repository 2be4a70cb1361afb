"""The sections of a PSD, or of a PSB, whose lengths are longer, and the resources that JPEGs have too.

Layout: Adobe Photoshop File Formats Specification. Nothing here trusts the file.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

IPTC, THUMBNAIL, PROFILE, EXIF, VERSION, XMP = 0x0404, 0x040C, 0x040F, 0x0422, 0x0421, 0x0424
"""Numbers of resources."""
_HAS_COMPOSITE, _THUMBNAIL_HEAD = 4, 28
"""Where VERSION says so, and the bytes before THUMBNAIL's JPEG."""
_SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")
"""Other programs sign resources of their own."""
_HEADER = struct.Struct(">4sH6xHIIHH")


class Document(NamedTuple):
    """A file's header and where its sections lie; `is_large` is a PSB's."""

    is_large: bool
    channels: int
    height: int
    width: int
    depth: int
    mode: int
    colours: bytes
    resources: bytes
    has_transparency: bool
    """Whether the channel after those of the colours is the composite's transparency, and no selection."""
    composite: int
    """Where its compression and data begin."""


def document(data: bytes) -> Document:
    """The document in `data`; ValueError where it has no pixels, or ends before its composite does begin."""
    try:
        _, version, channels, height, width, depth, mode = _HEADER.unpack_from(data)
        colours, at = _section(data, _HEADER.size, 4)
        resources, at = _section(data, at, 4)
        layers, at = _section(data, at, 8 if version == 2 else 4)
    except struct.error as error:
        raise ValueError("truncated: it ends in its header") from error
    if not (channels and height and width):
        raise ValueError("it has no pixels")
    count_at = 8 if version == 2 else 4
    count = int.from_bytes(layers[count_at : count_at + 2], "big", signed=True)
    return Document(version == 2, channels, height, width, depth, mode, colours, resources, count < 0, at)


def resources(section: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and data of the resources; what is damaged ends them."""
    at = 0
    while section[at : at + 4] in _SIGNATURES and at + 12 <= len(section):
        (number,) = struct.unpack_from(">H", section, at + 4)
        title = section[at + 6] + 1
        start = at + 6 + title + title % 2
        if start + 4 > len(section):
            return
        (size,) = struct.unpack_from(">I", section, start)
        yield number, section[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2


def preview(described: Mapping[int, bytes]) -> bytes | None:
    """The small JPEG of a file that says that its composite is none: programs leave it out if told to."""
    version, thumbnail = described.get(VERSION, b""), described.get(THUMBNAIL, b"")
    has_composite = version[_HAS_COMPOSITE : _HAS_COMPOSITE + 1] != b"\0"
    return None if has_composite or not thumbnail else thumbnail[_THUMBNAIL_HEAD:]


def _section(data: bytes, at: int, width: int) -> tuple[bytes, int]:
    """The section at `at` after its length in so many bytes, and where the next one begins."""
    (size,) = struct.unpack_from(">Q" if width == 8 else ">I", data, at)
    end = at + width + size
    if end > len(data):
        raise ValueError("truncated: it ends before its picture does begin")
    return data[at + width : end], end
