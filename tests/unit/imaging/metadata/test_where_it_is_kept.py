"""Each format keeps EXIF, XMP and IPTC in places of its own, and all of them are read."""

import struct

import imagecodecs
import numpy as np
import pytest

from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata import big_tiffs, camera, ifds, iptc, packets, xmp
from libs.common.imaging.metadata.ifds import Value
from libs.common.imaging.metadata.packets import Packets
from libs.common.imaging.normalise import normalise
from libs.common.metadata import Metadata
from tests.support import photos
from tests.unit.imaging.metadata import samples

SCENE = photos.scene(64, 48)
EXIF = samples.exif().tobytes().removeprefix(b"Exif\0\0")
IPTC = samples.iptc((1, 90, b"\x1b%G"), (2, 5, b"A tower"), (2, 25, b"one"), (2, 55, b"20190721"))
FROM_EXIF = camera.metadata_of(Packets(EXIF))
FROM_XMP = xmp.metadata_of(samples.xmp())
FROM_IPTC = iptc.metadata_of(IPTC)


def read(data: bytes) -> Metadata:
    return normalise(data, Limits(gif=True)).metadata


def with_box(data: bytes, kind: bytes, body: bytes) -> bytes:
    """A file of ISO boxes with one more after the first two."""
    at = 0
    for _ in range(2):
        at += int.from_bytes(data[at : at + 4], "big")
    return data[:at] + struct.pack(">I4s", 8 + len(body), kind) + body + data[at:]


@pytest.mark.parametrize(
    ("uuid", "body", "expected"),
    [
        (b"JpgTiffExif->JP2", EXIF, FROM_EXIF),
        (bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), samples.xmp(), FROM_XMP),
        (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), IPTC, FROM_IPTC),
    ],
)
def test_jpeg_2000(uuid: bytes, body: bytes, expected: Metadata) -> None:
    assert read(with_box(photos.encoded(SCENE, "JPEG2000"), b"uuid", uuid + body)) == expected


@pytest.mark.parametrize(
    ("number", "body", "expected"),
    [(0x0422, EXIF, FROM_EXIF), (0x0424, samples.xmp(), FROM_XMP), (0x0404, IPTC, FROM_IPTC)],
)
def test_psd(number: int, body: bytes, expected: Metadata) -> None:
    other = struct.pack(">4sHHI", b"PHUT", 5000, 0, 2) + b"ab"
    resource = other + struct.pack(">4sHHI", b"8BIM", number, 0, len(body)) + body + b"\0" * (len(body) % 2)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 1, 48, 64, 8, 1)
    sections = struct.pack(">II", 0, len(resource)) + resource + struct.pack(">IH", 0, 0)
    assert read(head + sections + SCENE.convert("L").tobytes()) == expected


def test_gif() -> None:
    data = photos.encoded(SCENE, "GIF")
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    block = b"\x21\xff\x0bXMP DataXMP" + samples.xmp() + trailer
    at = data.index(b"\x2c", 13 + 3 * 256)
    assert read(data[:at] + block + data[at:]) == FROM_XMP


def big(plain: bytes) -> bytes:
    """A little-endian TIFF as a BigTIFF, with EXIF's and GPS's directories and the same picture."""

    def directory(values: dict[int, Value], at: int) -> bytes:
        listed, behind = struct.pack("<Q", len(values)), b""
        behind_at = at + 8 + 20 * len(values) + 8
        for tag, value in sorted(values.items()):
            kind, data = value.kind, value.data
            count = len(data) // ifds.SIZES[kind]
            if tag in (ifds.EXIF_IFD, ifds.GPS_IFD):
                inner = ifds.values(plain, int(value.number() or 0), "<", None)
                kind, count, data = 18, 1, struct.pack("<Q", behind_at + len(behind))
                behind += directory(inner, behind_at + len(behind))
            elif tag == 273:
                data = struct.pack("<I", 16)
            elif len(data) > 8:
                data, behind = struct.pack("<Q", behind_at + len(behind)), behind + data
            listed += struct.pack("<HHQ", tag, kind, count) + data.ljust(8, b"\0")
        return listed + bytes(8) + behind

    found = ifds.first(plain)
    start, size = (int(found[tag].number() or 0) for tag in (273, 279))
    first = 16 + size
    head = b"II+\0\x08\0\0\0" + struct.pack("<Q", first)
    return head + plain[start : start + size] + directory(found, first)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"exif": samples.exif().tobytes()}, FROM_EXIF),
        ({"tiffinfo": {700: samples.xmp()}}, FROM_XMP),
        ({"tiffinfo": {33723: IPTC}}, FROM_IPTC),
    ],
)
def test_big_tiff(options: dict[str, object], expected: Metadata) -> None:
    plain = photos.encoded(SCENE, "TIFF", **options)
    small, large = normalise(plain, Limits()), normalise(big(plain), Limits())
    assert large.jpeg == small.jpeg
    assert large.metadata == small.metadata == expected
    assert large.exif == small.exif


@pytest.mark.parametrize("at", range(0, 200, 7))
def test_a_big_tiff_that_is_damaged_says_less_and_does_no_harm(at: int) -> None:
    data = bytearray(big(photos.encoded(SCENE, "TIFF", exif=samples.exif().tobytes())))
    (first,) = struct.unpack_from("<Q", data, 8)
    data[first + at : first + at + 8] = b"\xff" * 8
    assert len(big_tiffs.classic(bytes(data))) < 2 * len(data)


@pytest.mark.parametrize("kind", [b"xml ", b"Exif"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_jpeg_xl(kind: bytes, is_packed: bool) -> None:
    body = samples.xmp() if kind == b"xml " else bytes(4) + EXIF
    container = imagecodecs.jpegxl_encode(np.asarray(SCENE), usecontainer=True)
    box = (b"brob", kind + imagecodecs.brotli_encode(body)) if is_packed else (kind, body)
    assert read(with_box(bytes(container), *box)) == (FROM_XMP if kind == b"xml " else FROM_EXIF)


def test_what_unpacks_to_too_much_says_nothing() -> None:
    bomb = imagecodecs.brotli_encode(b"a" * (64 << 20))
    box = struct.pack(">I4s", 12 + len(bomb), b"brob") + b"xml " + bomb
    assert packets.of_jxl(b"\0\0\0\x0cJXL \r\n\x87\n" + box, Packets()) == Packets()
