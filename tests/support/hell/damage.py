"""Files that were whole once: cut, with bits flipped, overwritten, under another's name, or of one pixel."""

from collections.abc import Iterator
from random import Random

from libs.common.errors import Code
from libs.common.imaging.containers.sniff import accepted
from sluice.files.formats import IMAGE_SUFFIXES, RAW_SUFFIXES
from tests.support import photos
from tests.support.hell.case import DAMAGE, STORED, Case, named, of, only
from tests.support.hell.formats import whole

ODD_PLACES = (1, 2, 3, 7, 15, 64, 65, -1, -2, -3, -9)
"""Bytes from the start, or from the end, where a file is cut besides every tenth."""
RANDOM_PLACES = 3
FLIPPED = 32
"""Files with flipped bits, a format."""
OVERWRITTEN = 2
"""Files a format and way of overwriting."""

NOT_PICTURES = {
    "text": b"this was a photo once\n" * 50,
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n",
    "ZIP": b"PK\3\4\x14\0\0\0\0\0" + bytes(200),
    "film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500),
    "zeros": bytes(4096),
    "page": b"<!doctype html><title>404 Not Found</title>",
}
"""What is found under a photo's name: downloads that failed, disks that did."""

_HEADS = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b"II*\0", b"MM\0*", b"BM"


_WRITTEN = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "JXL": ".jxl",
    "AVIF": ".avif",
    "HEIF": ".heic",
}


def truncated(random: Random) -> Iterator[Case]:
    """Each format cut at every tenth, at odd places, and anywhere."""
    for form, (_, data) in whole().items():
        places = [len(data) * tenth // 10 for tenth in range(1, 10)]
        places += [place % len(data) for place in ODD_PLACES]
        places += [random.randrange(66, len(data)) for _ in range(RANDOM_PLACES)]
        shows = (data, whole()["DNG"][1]) if form == "DNG with preview" else (data,)
        for number, place in enumerate(places):
            yield _damaged("truncated", form, number, data[:place], shows)


def bit_flipped(random: Random) -> Iterator[Case]:
    """Each format with up to eight bits flipped, half of the files only among the first 512 bytes."""
    for form, (_, data) in whole().items():
        for number in range(FLIPPED):
            flipped, reach = bytearray(data), len(data) if number % 2 else min(512, len(data))
            for _ in range(random.randint(1, 8)):
                flipped[random.randrange(reach)] ^= 1 << random.randrange(8)
            yield _damaged("bit-flipped", form, number, bytes(flipped))


def overwritten(random: Random) -> Iterator[Case]:
    """A block zeroed, filled with noise, missing or doubled, or the halves swapped; or noise behind it."""
    for form, (suffix, data) in whole().items():
        for number in range(OVERWRITTEN):
            start, length = random.randrange(len(data)), random.choice((16, 512, 4096))
            before, block, after = data[:start], data[start : start + length], data[start + length :]
            ways = (
                before + bytes(len(block)) + after,
                before + random.randbytes(len(block)) + after,
                before + after,
                before + block + block + after,
                data[len(data) // 2 :] + data[: len(data) // 2],
            )
            for way, content in enumerate(ways):
                yield _damaged("overwritten", form, number * len(ways) + way, content)
        name, content = named(f"behind {form}", 0, suffix), data + random.randbytes(5000)
        may = _may(data) if form == "GIF" else only(STORED)
        yield Case("noise behind the end", name, of(content), may, shows=(data,))


def heads_alone(random: Random) -> Iterator[Case]:
    """Noise behind the first bytes of a format."""
    for number in range(24):
        head = _HEADS[number % len(_HEADS)]
        content = head + random.randbytes(random.choice((0, 10, 1000, 20000)))
        yield Case("a head with noise", named("head", number, ".jpg"), of(content), _may(content))


def misnamed() -> Iterator[Case]:
    """Pictures under another format's name, which are what they are; and what is no picture at all."""
    for form, (_, data) in whole().items():
        if form == "GIF":
            continue
        for number, other in enumerate((".jpg", ".png", ".tif", ".heic", ".dng")):
            name = named(f"misnamed {form}", number, other)
            yield Case("wrong extension", name, of(data), only(STORED), (data,))
        name = named(f"misnamed {form}", 9, ".txt")
        yield Case("wrong extension", name, of(data), only(STORED), (data,), only(Code.UNSUPPORTED_TYPE))
    for what, content in NOT_PICTURES.items():
        for suffix in (".jpg", ".png", ".tif", ".webp", ".heic", ".avif", ".jxl", ".dng", ".cr3"):
            yield Case("no picture", named(what, 0, suffix), of(content), only(Code.DECODE_FAILED))
        yield Case("no picture", named(what, 0, ".pdf"), of(content), only(Code.UNSUPPORTED_TYPE))


def empty() -> Iterator[Case]:
    """No bytes at all under every suffix."""
    for number, suffix in enumerate(sorted(IMAGE_SUFFIXES | RAW_SUFFIXES)):
        yield Case("zero bytes", named("empty", number, suffix), of(b""), only(Code.EMPTY_FILE))


def tiny() -> Iterator[Case]:
    """One pixel, and one row or column of them, which are pictures."""
    for number, size in enumerate(((1, 1), (1, 3000), (3000, 1))):
        picture = photos.scene().resize(size)
        for kind, suffix in _WRITTEN.items():
            yield _tiny(named(f"tiny {kind}", number, suffix), photos.encoded(picture, kind))
        for mode in ("1", "L", "LA", "P", "RGBA"):
            data = photos.encoded(picture.convert(mode), "PNG")
            yield _tiny(named(f"tiny {mode}", number, ".png"), data)


def _tiny(name: bytes, data: bytes) -> Case:
    return Case("one pixel wide", name, of(data), only(STORED))


def _damaged(kind: str, form: str, number: int, content: bytes, shows: tuple[bytes, ...] = ()) -> Case:
    """What is no picture any more is called so; the rest may be damaged, or well by chance."""
    suffix, _ = whole()[form]
    return Case(kind, named(f"{kind} {form}", number, suffix), of(content), _may(content), shows)


def _may(content: bytes) -> frozenset[str]:
    if accepted(content, gif=False) is None:
        return only(Code.DECODE_FAILED, Code.UNSUPPORTED_TYPE)
    return DAMAGE | {STORED, Code.TOO_MANY_PIXELS}
