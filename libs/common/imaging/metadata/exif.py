"""EXIF as text, in the names that other readers of the collection know: "Image Make", "EXIF FNumber"."""

import io
import logging
import re
from collections.abc import Mapping

import exifread

from libs.common.imaging.limits import MAX_EXIF_BYTES
from libs.common.imaging.metadata.printed import printed

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
    return _capped(_texts(block.removeprefix(b"Exif\0\0"))) if block else {}


def exif_of_parts(image: bytes, exif: bytes, gps: bytes) -> dict[str, str]:
    """As `exif_of`, of directories that are structures of their own."""
    parts = {"Image ": image, "EXIF ": exif, "GPS ": gps}
    texts = {
        group + name.removeprefix("Image "): text
        for group, part in parts.items()
        for name, text in _texts(part).items()
    }
    return _capped(texts)


def _texts(block: bytes) -> Mapping[str, str]:
    try:
        if block[:2] in (b"II", b"MM"):
            return printed(block)
        found = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
        return {name: str(tag) for name, tag in found.items()}
    except Exception as error:  # noqa: BLE001 - damaged input raises nearly anything
        log.debug("EXIF left out: %s", error)
        return {}


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip().encode("utf-8", "replace").decode()


def _capped(texts: Mapping[str, str]) -> dict[str, str]:
    """Those for people, as far as they are not too long."""
    kept: dict[str, str] = {}
    left = MAX_EXIF_BYTES
    for name, written in texts.items():
        if name in _LEFT_OUT or not name.startswith(_GROUPS):
            continue
        plain = written.isascii() and written.isprintable()
        text = written.strip() if plain else _clean(written)
        size = len(text) if plain else len(text.encode())
        if text and size <= _MAX_VALUE_BYTES and len(name) + size <= left:
            kept[name] = text
            left -= len(name) + size
    return kept
