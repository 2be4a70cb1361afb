"""Whole pictures with broken, endless or enormous metadata: no photo is worse for that."""

import struct
from collections.abc import Iterator
from random import Random

from tests.support import photos
from tests.support.hell.case import STORED, Case, named, of, only
from tests.support.hell.formats import HEIGHT, WIDTH

MEGABYTE = 1 << 20
ENTRIES = 20_000
RANDOM = 4
"""Files with noise as EXIF, and as many as ICC profile."""


def broken_exif(random: Random) -> Iterator[Case]:
    """EXIF that is cut, loops, points outside, counts to four billion, or is noise."""
    blocks = [*_blocks(), *(b"II*\0\x08\0\0\0" + random.randbytes(400) for _ in range(RANDOM))]
    for number, block in enumerate(blocks):
        for kind, suffix in (("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")):
            yield _with(f"exif {kind}", number, suffix, "broken EXIF", kind, exif=b"Exif\0\0" + block)
    for number, orientation in enumerate((0, 9, 255, 65535)):
        exif = photos.camera_exif()
        exif[photos.ORIENTATION] = orientation
        yield _with("orientation", number, ".jpg", "broken EXIF", "JPEG", exif=exif)


def huge_exif(random: Random) -> Iterator[Case]:
    """EXIF of a megabyte: text, noise, or a crowd of entries, which take a third of a second to read."""
    text = _tiff([(0x010E, 2, MEGABYTE, 26)]) + b"x" * MEGABYTE
    noise = b"II*\0\x08\0\0\0" + random.randbytes(MEGABYTE)
    for number, block in enumerate((text, noise)):
        for kind, suffix in (("PNG", ".png"), ("WEBP", ".webp")):
            yield _with(f"huge {kind}", number, suffix, "EXIF of 1 MB", kind, exif=b"Exif\0\0" + block)
        name, data = named("huge JPEG", number, ".jpg"), photos.encoded(photos.scene(WIDTH, HEIGHT), "JPEG")
        parts = (block[at : at + 60_000] for at in range(0, len(block), 60_000))
        segments = b"".join(_segment(0xE1, b"Exif\0\0" + part) for part in parts)
        yield _whole("EXIF of 1 MB", name, data[:2] + segments + data[2:], (data,))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tag) for tag in range(ENTRIES))
    crowd = b"II*\0\x08\0\0\0" + struct.pack("<H", ENTRIES) + entries + bytes(MEGABYTE)
    yield _with("huge PNG", 2, ".png", "EXIF of 1 MB", "PNG", exif=b"Exif\0\0" + crowd)


def rubbish_profiles(random: Random) -> Iterator[Case]:
    """ICC profiles that are noise, cut, of another kind of picture, or lie about their size."""
    real = photos.adobe_rgb_profile()
    profiles = [
        b"",
        b"\0",
        real[:100],
        real[: len(real) // 2],
        real[:16] + b"CMYK" + real[20:],
        real[:16] + b"GRAY" + real[20:],
        b"\xff\xff\xff\xff" + real[4:],
        real[:128] + b"\xff\xff\xff\xff" + real[132:],
        real + bytes(MEGABYTE),
        *(random.randbytes(500) for _ in range(RANDOM)),
        *(real[:128] + random.randbytes(len(real) - 128) for _ in range(RANDOM)),
    ]
    for number, profile in enumerate(profiles):
        for kind, suffix in (("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("TIFF", ".tif")):
            data = photos.encoded(photos.scene(WIDTH, HEIGHT), kind, icc_profile=profile)
            # Colours may differ where some of the profile can be used: what it shows is not compared.
            yield _whole("ICC rubbish", named(f"icc {kind}", number, suffix), data, ())


def _blocks() -> Iterator[bytes]:
    whole = photos.camera_exif().tobytes().removeprefix(b"Exif\0\0")
    yield from (b"", b"II", b"MM\0*", whole[:9], whole[: len(whole) // 2], whole[:-1])
    yield _tiff([(0x010F, 2, 0xFFFFFFFF, 8)])
    yield _tiff([(0x829A, 5, 0x1FFFFFFF, 8)])
    yield _tiff([(0x010F, 2, 100, 0xFFFFFFF0)])
    yield _tiff([(0x8769, 4, 1, 8)])
    yield _tiff([(0x8769, 4, 1, 0xFFFFFFFF), (0x8825, 4, 1, 0)])
    yield _tiff([(0x010F, 99, 1, 0)])
    yield _tiff([(0x0112, 5, 1, 26)]) + struct.pack("<II", 1, 0)
    yield _tiff([(0x010F, 2, 20, 26)]) + b"\xff\xfe\0\1\x1b[31m\r\n\0\0\0\0\0\0\0\0\0\0"
    yield _tiff([(0x8825, 4, 1, 26)]) + struct.pack("<H", 1) + struct.pack("<HHII", 2, 5, 3, 0) + bytes(4)
    yield b"II*\0\x08\0\0\0\xff\xff" + bytes(40)
    yield _tiff([], following=8)


def _tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """One directory; values of one entry that lie behind it begin at byte 26."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _with(what: str, number: int, suffix: str, row: str, kind: str, **options: object) -> Case:
    scene = photos.scene(WIDTH, HEIGHT)
    data = photos.encoded(scene, kind, **options)
    return _whole(row, named(what, number, suffix), data, (photos.encoded(scene, kind),))


def _whole(row: str, name: bytes, data: bytes, shows: tuple[bytes, ...]) -> Case:
    return Case(row, name, of(data), only(STORED), shows=shows)
