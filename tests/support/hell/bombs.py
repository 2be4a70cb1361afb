"""Small files that would be huge pictures, or endless work, to a program that believes them."""

import struct
import zlib
from collections.abc import Iterator

from libs.common.errors import Code
from tests.support.hell.case import DAMAGE, STORED, Case, named, of, only
from tests.support.hell.formats import whole

HUGE = 50_000
"""Pixels a side: 2.5 gigapixels, five times the default limit."""
LARGE = 20_000
"""Pixels a side: 400 megapixels, which the default limit lets pass, and which take 1.6 GB."""
PAGES = 10_000

_PNG = b"\x89PNG\r\n\x1a\n"


def bombs() -> Iterator[Case]:
    """All of them."""
    refused = DAMAGE | {Code.TOO_MANY_PIXELS}
    for side in (HUGE, LARGE):
        for form, (suffix, content) in _declared(side).items():
            # Data that ends early but in order is filled up with grey, as every viewer does.
            may = refused | {STORED} if form in {"JPEG", "progressive"} else refused
            yield Case("huge size declared", named(f"declared {form}", side, suffix), of(content), may)
    yield Case("huge size", b"50000x50000.png", of(lambda: png_of(HUGE, HUGE)), only(Code.TOO_MANY_PIXELS))
    yield Case(
        "huge size", b"20000x20000.png", of(lambda: png_of(LARGE, LARGE, 8, 2)), only(Code.DECODE_FAILED)
    )
    for name, content in _endless().items():
        yield Case("endless", name.encode(), of(content), DAMAGE | {STORED})
    for number, content in enumerate(_unpacking()):
        yield Case("unpacks to 256 MB", named("unpacks", number, ".png"), of(content), DAMAGE | {STORED})


def png_of(width: int, height: int, bits: int = 1, colour: int = 0) -> bytes:
    """A whole, valid and black PNG of these pixels; `bits` a sample, `colour` as PNG counts types."""
    samples = {0: 1, 2: 3, 6: 4}[colour]
    row = bytes(1 + (width * bits * samples + 7) // 8)
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(row * 500) for _ in range(height // 500))
    body += packer.compress(row * (height % 500)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def tiff_of_pages(pages: int, last_leads_to: int = 0) -> bytes:
    """A TIFF of so many pages of one grey pixel. `last_leads_to`: the directory after the last one."""
    first, size = 10, 2 + 12 * 8 + 4
    ends = [first + size * (page + 1) for page in range(pages - 1)] + [last_leads_to]
    return b"II*\0" + struct.pack("<I", first) + b"\x80\0" + b"".join(map(_page, ends))


def _declared(pixels: int) -> dict[str, tuple[str, bytes]]:
    """Headers that declare far more than is there."""
    made = {form: data for form, (_, data) in whole().items()}
    side = struct.pack(">I", pixels)
    ispe = struct.pack(">II", 160, 120)
    return {
        "PNG": (".png", _PNG + _chunk(b"IHDR", side + side + b"\x08\x02\0\0\0") + _chunk(b"IDAT", b"x")),
        "PNG of one row": (".png", _PNG + _chunk(b"IHDR", b"\x7f\xff\xff\xff\0\0\0\1\x08\x02\0\0\0")),
        "JPEG": (".jpg", _jpeg_of(made["JPEG"], b"\xff\xc0", pixels)),
        "progressive": (".jpg", _jpeg_of(made["progressive JPEG"], b"\xff\xc2", pixels)),
        "BMP": (".bmp", made["BMP"][:18] + struct.pack("<ii", pixels, pixels) + made["BMP"][26:]),
        "BMP upside down": (
            ".bmp",
            made["BMP"][:18] + struct.pack("<ii", pixels, -pixels) + made["BMP"][26:],
        ),
        "TIFF": (".tif", _tiff_of(made["TIFF"], pixels)),
        "LZW TIFF": (".tif", _tiff_of(made["LZW TIFF"], pixels)),
        "DNG": (".dng", _tiff_of(made["DNG"], pixels)),
        "WebP": (".webp", _webp_of(made["animated WebP"], pixels)),
        "lossless WebP": (".webp", _riff(b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(50))),
        "AVIF": (".avif", made["AVIF"].replace(ispe, side + side)),
        "HEIC": (".heic", made["HEIC"].replace(ispe, side + side)),
        "longest JPEG XL": (".jxl", _jxl_of(1 << 30)),
        "JPEG XL": (".jxl", _jxl_of(pixels)),
        "GIF": (".jpg", b"GIF89a\xff\xff\xff\xff\0\0\0" + made["GIF"][13:]),
    }


def _endless() -> dict[str, bytes]:
    """Directories without end, and strips that claim four gigabytes."""
    tiff, dng = whole()["TIFF"][1], whole()["DNG"][1]
    return {
        "ten-thousand-pages.tif": tiff_of_pages(PAGES),
        "pages-in-a-circle.tif": tiff_of_pages(3, last_leads_to=10),
        "strip-of-4-GB.tif": _tag_of(tiff, 279, 0xFFFFFFF0),
        "rows-without-end.tif": _tag_of(tiff, 278, 0xFFFFFFF0),
        "sixty-thousand-samples.tif": _tag_of(tiff, 277, 60_000),
        "tile-of-4-GB.dng": _tag_of(dng, 325, 0xFFFFFFF0),
    }


def _unpacking() -> Iterator[bytes]:
    """PNGs whose texts and profile unpack to far more than the picture."""
    zeros = _zeros(256)
    for body in (b"iCCPicc\0\0", b"zTXtRaw profile type exif\0\0", b"iTXtXML:com.adobe.xmp\0\1\0\0\0"):
        picture = whole()["palette PNG"][1]
        yield picture[:33] + _chunk(body[:4], body[4:] + zeros) + picture[33:]


def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _page(following: int) -> bytes:
    tags = ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 1))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def _jpeg_of(data: bytes, frame: bytes, side: int) -> bytes:
    at = data.index(frame) + 5
    return data[:at] + struct.pack(">HH", side, side) + data[at + 4 :]


def _tiff_of(data: bytes, side: int) -> bytes:
    return _tag_of(_tag_of(data, 256, side), 257, side)


def _tag_of(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF whose first directory says `value` for a tag of one value."""
    changed = bytearray(data)
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    for at in range(first + 2, first + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, at) == (tag,):
            struct.pack_into("<HII", changed, at + 2, 4, 1, value)
    return bytes(changed)


def _riff(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _webp_of(data: bytes, side: int) -> bytes:
    """The canvas of an extended WebP, whose sides have 24 bits."""
    at = data.index(b"VP8X") + 12
    return data[:at] + 2 * (side - 1).to_bytes(3, "little") + data[at + 6 :]


def _jxl_of(side: int) -> bytes:
    """A codestream's head: sides of 30 bits."""
    bits = 0 | (3 << 1) | ((side - 1) << 3) | (0 << 33) | (3 << 36) | ((side - 1) << 38)
    return b"\xff\x0a" + bits.to_bytes(9, "little") + bytes(200)
