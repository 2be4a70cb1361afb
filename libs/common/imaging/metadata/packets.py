"""Where the formats keep EXIF, XMP and IPTC."""

import io
import re
from dataclasses import dataclass, replace

from PIL import Image

from libs.common.imaging.containers import tiff
from libs.common.imaging.containers.boxes import Box, boxes
from libs.common.imaging.metadata import ifds
from libs.common.imaging.metadata.iptc import in_photoshop

_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG = 700, 33723, 34377
_XMP_NAMES = ("xmp", "XML:com.adobe.xmp")
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_ADOBE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_LINES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Packets:
    """What a file brings along: EXIF as a TIFF structure, or the whole file where that is one, or a JPEG that
    has it; an XMP packet; IPTC's records. b"" for what is not there.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    exif_part: bytes = b""
    gps_part: bytes = b""
    """EXIF's own directory, and that of its place, where they are structures of their own."""


NO_PACKETS = Packets()


def of_image(image: Image.Image) -> Packets:
    """Those that Pillow found when it opened the picture."""
    info = image.info
    xmp = next((info[name] for name in _XMP_NAMES if name in info), b"")
    photoshop = info.get("photoshop")
    iptc = photoshop.get(0x0404, b"") if isinstance(photoshop, dict) else _raw_profile(image, "iptc")
    return Packets(exif_of(image), _as_bytes(xmp), in_photoshop(iptc) or _as_bytes(iptc))


def of_tiff(data: bytes) -> Packets:
    """Those of a file that is a TIFF structure, RAW ones too."""
    if tiff.is_big(data):
        return Packets(exif=data)
    tags = (_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG)
    found = ifds.first(data, tags)
    xmp, iptc, photoshop = (found[tag].data if tag in found else b"" for tag in tags)
    return Packets(data, xmp, iptc or in_photoshop(photoshop))


def of_jpeg(data: bytes) -> Packets:
    """Those of a JPEG that is not decoded; none where it is damaged."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return of_image(image)
    except (OSError, SyntaxError, ValueError):
        return Packets()


def of_cr3(data: bytes) -> Packets:
    """Those of a Canon CR3: each of EXIF's directories is a TIFF structure in a box of its own."""
    movie = next((box for box in boxes(data) if box.kind == b"moov"), None)
    if movie is None:
        return Packets()
    own = [box for box in boxes(data, movie.body, movie.end) if _is_uuid(data, box, _CANON)]
    parts = {
        each.kind: data[each.body : each.end] for box in own for each in boxes(data, box.body + 16, box.end)
    }
    xmp = next((data[box.body + 16 : box.end] for box in boxes(data) if _is_uuid(data, box, _ADOBE)), b"")
    main, exif, gps = (parts.get(kind, b"") for kind in (b"CMT1", b"CMT2", b"CMT4"))
    return Packets(main, xmp, exif_part=exif, gps_part=gps)


def _is_uuid(data: bytes, box: Box, uuid: bytes) -> bool:
    return box.kind == b"uuid" and data[box.body : box.body + 16] == uuid


def of_jxl(data: bytes, packets: Packets) -> Packets:
    """With the XMP that a JPEG XL keeps in a box of its own, unless it is compressed."""
    box = next((box for box in boxes(data) if box.kind == b"xml "), None)
    return packets if box is None or packets.xmp else replace(packets, xmp=data[box.body : box.end])


def exif_of(image: Image.Image) -> bytes:
    """The EXIF of an opened picture as a TIFF structure; b"" for none.

    PNGs from before 2017 have it as a text of hexadecimal lines, after three that say what it is.
    """
    block = image.info.get("exif")
    return block if isinstance(block, bytes) else _raw_profile(image, "exif")


def _raw_profile(image: Image.Image, kind: str) -> bytes:
    text = image.info.get(f"Raw profile type {kind}")
    try:
        return bytes.fromhex(_LINES.sub("", "".join(text.split("\n")[3:]))) if isinstance(text, str) else b""
    except ValueError:
        return b""


def _as_bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""
