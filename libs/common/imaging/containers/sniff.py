"""What a file is, told by its content alone."""

from typing import Literal

from libs.common.imaging.containers import boxes, jxl, tiff

# fmt: off
Format = Literal[
    "JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIC", "AVIF", "JXL", "JPEG2000", "PSD",
    "DNG", "ARW", "CR2", "CR3", "NEF", "ORF", "RW2", "RAF", "PEF", "SRW",
    "CRW", "MRW", "X3F", "KDC", "RWL", "3FR", "IIQ", "ERF", "MEF", "MOS",
]
# fmt: on

RAW_FORMATS: frozenset[Format] = frozenset(
    (
        *("DNG", "ARW", "CR2", "CR3", "NEF", "ORF", "RW2", "RAF", "PEF", "SRW"),
        *("CRW", "MRW", "X3F", "KDC", "RWL", "3FR", "IIQ", "ERF", "MEF", "MOS"),
    )
)

HEAD_BYTES = 512
"""So much of a file decides whether it is a picture or a video at all; which RAW format it is may take all of
it.
"""

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (jxl.CODESTREAM, "JXL"),
    (jxl.CONTAINER, "JXL"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"8BPS\0\1", "PSD"),
    (b"8BPS\0\2", "PSD"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"II\x1a\0\0\0HEAPCCDR", "CRW"),
    (b"\0MRM", "MRW"),
    (b"FOVb", "X3F"),
)
_RAW_BY_MAKE: tuple[tuple[str, Format], ...] = (
    ("NIKON", "NEF"),
    ("SONY", "ARW"),
    ("PENTAX", "PEF"),
    ("RICOH", "PEF"),
    ("SAMSUNG", "SRW"),
    ("KODAK", "KDC"),
    ("EASTMAN KODAK", "KDC"),
    ("LEICA", "RWL"),
    ("HASSELBLAD", "3FR"),
    ("PHASE ONE", "IIQ"),
    ("LEAF", "MOS"),
    ("IMACON", "3FR"),
    ("SEIKO EPSON", "ERF"),
    ("MAMIYA", "MEF"),
)
_BY_BRAND: dict[bytes, Format] = {
    b"crx ": "CR3",
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    # These say only that it is one of the family; the brands after it may say which.
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"mif2": "HEIC",
}
_BMP_HEADER_SIZES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))


def sniff(data: bytes) -> Format | None:
    """The format of a file that begins with `data`, or None if it is no supported picture.

    HEAD_BYTES tell a picture from anything else. A RAW format that is TIFF inside shows itself only in
    its directories, so with less than the whole file it may be called "TIFF".
    """
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _in_boxes(boxes.brands(data))
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    return _in_tiff(data) if tiff.is_tiff(data) else None


def accepted(data: bytes, *, gif: bool) -> Format | None:
    """As `sniff`, where GIFs are pictures only if `gif`: most of them are no photos."""
    kind = sniff(data)
    return None if kind == "GIF" and not gif else kind


def _in_boxes(brands: list[bytes]) -> Format | None:
    """Which of the formats in ISO boxes: the major brand, which comes first, decides if it can."""
    if brands[:1] in ([b"mif1"], [b"msf1"], [b"mif2"]) and {b"avif", b"avis"} & set(brands):
        return "AVIF"
    return _BY_BRAND.get(brands[0]) if brands else None


def _in_tiff(data: bytes) -> Format:
    """Which of the formats that are TIFF inside: RAW only where sensor data is declared."""
    if data[8:10] == b"CR":
        return "CR2"
    if data[8:12] in (b"IIII", b"MMMM"):
        return "IIQ"
    directories = tiff.directories(data)
    if any(tiff.DNG_VERSION in directory.tags for directory in directories):
        return "DNG"
    makes = {directory.text(tiff.MAKE).upper() for directory in directories}
    by_make = next((name for make, name in _RAW_BY_MAKE if any(m.startswith(make) for m in makes)), None)
    if any(directory.is_sensor for directory in directories):
        return by_make or "DNG"  # unknown maker: LibRaw decides by content anyway
    if by_make is None or len(data) <= HEAD_BYTES:
        return "TIFF"
    # The directory of the sensor's data may be what is missing of a camera's file that was cut; and there are
    # cameras that name a thumbnail alone.
    is_raw = tiff.lacks_directories(directories, len(data)) or not any(each.has_data for each in directories)
    return by_make if is_raw else "TIFF"
