"""Where the formats keep EXIF, XMP and IPTC."""

import io
import re
from dataclasses import dataclass, replace

from PIL import Image

from libs.common.imaging.containers import item_data, jxl, photoshop, tiff
from libs.common.imaging.containers.boxes import Box, boxes
from libs.common.imaging.metadata import big_tiffs, ifds
from libs.common.imaging.metadata.iptc import in_photoshop

_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG = 700, 33723, 34377
_XMP_NAMES = ("xmp", "XML:com.adobe.xmp")
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_ADOBE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_JP2_EXIF, _JP2_IPTC = b"JpgTiffExif->JP2", bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
_MOST_UNPACKED = 4 << 20
_READABLE = (b"II*\0", b"MM\0*", b"Exif\0\0II*\0", b"Exif\0\0MM\0*")
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
    xmp = _as_bytes(xmp) or _raw_profile(image, "xmp")
    return Packets(exif_of(image), xmp, in_photoshop(iptc) or _as_bytes(iptc))


def of_tiff(data: bytes) -> Packets:
    """Those of a file that is a TIFF structure, RAW ones too."""
    data = big_tiffs.classic(data) if tiff.is_big(data) else data
    tags = (_XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG)
    found = ifds.first(data, tags)
    xmp, iptc, photoshop = (found[tag].data if tag in found else b"" for tag in tags)
    return Packets(data, xmp, iptc or in_photoshop(photoshop))


def of_photoshop(section: bytes) -> Packets:
    """Those among the resources of a PSD."""
    found = dict(photoshop.resources(section))
    exif, xmp, iptc = (found.get(n, b"") for n in (photoshop.EXIF, photoshop.XMP, photoshop.IPTC))
    return Packets(exif, xmp, iptc)


def of_gif(data: bytes) -> Packets:
    """XMP in a block of its own, which ends with all bytes from 255 down."""
    start = data.find(_GIF_XMP)
    end = data.find(b"\x01\xff\xfe\xfd", start)
    return Packets(xmp=data[start + len(_GIF_XMP) : end]) if 0 <= start < end else NO_PACKETS


def of_jpeg_2000(data: bytes) -> Packets:
    """Those in boxes that say by a UUID what they hold."""
    own = {
        data[box.body : box.body + 16]: data[box.body + 16 : box.end]
        for box in boxes(data)
        if box.kind == b"uuid"
    }
    return Packets(own.get(_JP2_EXIF, b""), own.get(_ADOBE, b""), own.get(_JP2_IPTC, b""))


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
    """With those that a JPEG XL keeps in boxes of their own, plain or compressed by Brotli."""
    if not data.startswith(jxl.CONTAINER):
        return packets
    found = dict(_unpacked(data, box) for box in boxes(data) if box.kind in (b"brob", b"xml ", b"Exif"))
    exif = found.get(b"Exif", b"")
    start = 4 + int.from_bytes(exif[:4], "big")
    return replace(packets, exif=packets.exif or exif[start:], xmp=packets.xmp or found.get(b"xml ", b""))


def of_heif(data: bytes, packets: Packets) -> Packets:
    """With those that a decoder left out of a HEIC or AVIF."""
    exif = packets.exif if packets.exif.startswith(_READABLE) else item_data.exif_in(data)
    return replace(packets, exif=exif or packets.exif, xmp=packets.xmp or item_data.xmp_in(data))


def _unpacked(data: bytes, box: Box) -> tuple[bytes, bytes]:
    """A box's kind and its content; none where it is damaged or too large."""
    body = data[box.body : box.end]
    if box.kind != b"brob":
        return box.kind, body
    import imagecodecs  # noqa: PLC0415 - with its codecs 30 MB that most photo libraries never need

    try:
        return body[:4], bytes(imagecodecs.brotli_decode(body[4:], out=_MOST_UNPACKED))
    except imagecodecs.BrotliError:
        return body[:4], b""


def exif_of(image: Image.Image) -> bytes:
    """The EXIF of an opened picture as a TIFF structure; b"" for none.

    PNGs from before 2017 have it as a text of hexadecimal lines, after three that say what it is.
    """
    block = image.info.get("exif")
    return block if isinstance(block, bytes) else _raw_profile(image, "exif") or _raw_profile(image, "APP1")


def _raw_profile(image: Image.Image, kind: str) -> bytes:
    text = image.info.get(f"Raw profile type {kind}")
    lines = text.split("\n") if isinstance(text, str) else []
    try:
        # The third line is the number of bytes; what follows those is no part of it.
        return bytes.fromhex(_LINES.sub("", "".join(lines[3:]))[: 2 * int(lines[2])]) if lines[2:] else b""
    except ValueError:
        return b""


def _as_bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""
