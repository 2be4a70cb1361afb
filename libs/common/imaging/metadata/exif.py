"""EXIF as text, in the names that other readers of the collection know: "Image Make", "EXIF FNumber"."""

import io
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

import exifread

from libs.common.imaging.limits import MAX_EXIF_BYTES
from libs.common.imaging.metadata.text import decoded, utf16

log = logging.getLogger(__name__)

_GROUPS = ("Image ", "EXIF ", "GPS ", "Interoperability ")
_MAX_VALUE_BYTES = 2048
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")

# Where the bytes lie, not what the picture shows; or other formats wrapped up as one value.
_LEFT_OUT = frozenset(
    (
        "Image StripOffsets",
        "Image StripByteCounts",
        "Image TileOffsets",
        "Image TileByteCounts",
        "Image SubIFDs",
        "Image ExifOffset",
        "Image GPSInfo",
        "Image JPEGTables",
        "Image ApplicationNotes",
        "Image IPTC/NAA",
        "Image ImageResources",
        "Image InterColorProfile",
        "Image PrintIM",
        "Image Padding",
        "EXIF Padding",
        "EXIF MakerNote",
        "EXIF InteroperabilityOffset",
    )
)

# exifread reports each file without EXIF as a warning; most pictures of the web have none.
logging.getLogger("exifread").setLevel(logging.ERROR)


def exif_of(block: bytes) -> dict[str, str]:
    """The EXIF in a TIFF structure, or in a JPEG, as name to printable text, at most 32 KB; {} for none.

    Damaged EXIF does not make a photo worse: what can be read is returned.
    """
    return _capped(_printable(_tags(block.removeprefix(b"Exif\0\0")))) if block else {}


def exif_of_parts(image: bytes, exif: bytes, gps: bytes) -> dict[str, str]:
    """As `exif_of`, of directories that are structures of their own."""
    parts = {"Image ": image, "EXIF ": exif, "GPS ": gps}
    tags = {
        group + name.removeprefix("Image "): tag
        for group, part in parts.items()
        for name, tag in _tags(part).items()
    }
    return _capped(_printable(tags))


def _tags(block: bytes) -> Mapping[str, Any]:
    try:
        return exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
    except Exception as error:  # noqa: BLE001 - exifread raises nearly anything on damaged input
        log.debug("EXIF left out: %s", error)
        return {}


def _printable(tags: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, tag in tags.items():
        if name.startswith(_GROUPS) and name not in _LEFT_OUT:
            text = _UNPRINTABLE.sub(" ", _text(name, tag)).strip()
            yield name, text.encode("utf-8", "replace").decode()


def _text(name: str, tag: Any) -> str:
    """What a tag says; exifread shows bytes that are not UTF-8, and UTF-16, as lists of them."""
    if isinstance(tag.values, bytes):
        return decoded(tag.values)
    if name.startswith("Image XP") and isinstance(tag.values, list):
        return utf16(bytes(value & 0xFF for value in tag.values))
    return str(tag)


def _capped(tags: Iterator[tuple[str, str]]) -> dict[str, str]:
    kept: dict[str, str] = {}
    left = MAX_EXIF_BYTES
    for name, text in tags:
        size = len(text.encode())
        if text and size <= _MAX_VALUE_BYTES and len(name.encode()) + size <= left:
            kept[name] = text
            left -= len(name.encode()) + size
    return kept
