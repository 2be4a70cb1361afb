"""Lenses that notes of makers tell by numbers, and exiftool's reading of the same notes."""

import struct
from pathlib import Path

import pytest

from libs.common.imaging.metadata import camera
from libs.common.imaging.metadata.lenses.numbered import PENTAX, SAMSUNG
from libs.common.imaging.metadata.lenses.olympus import TYPES
from libs.common.imaging.metadata.packets import Packets
from tests.support import exiftool, photos
from tests.unit.imaging.metadata import samples
from tests.unit.imaging.metadata.test_what_is_written import note

Entry = tuple[int, int, int, bytes]
"""Tag, type, count and data."""
SCENE = photos.scene(64, 48)
SONY_SPECS = {
    "0100180055355602": "DT 18-55mm F3.5-5.6 SAM",
    "4300160050355680": "E PZ 16-50mm F3.5-5.6 OSS",
    "8200240105404008": "FE 24-105mm F4 G OSS",
    "0000700400405608": "70-400mm F4-5.6 G",
    "0000850085140004": "85mm F1.4 ZA",
    "0001350135282820": "135mm F2.8 STF",
    "0800700200282809": "70-200mm F2.8 G SSM II",
}


def pentax(*numbers: int) -> bytes:
    return b"AOC\0MM" + note([(0x3F, 1, 2, bytes(numbers))], ">", 6)


def samsung(number: int) -> bytes:
    return note([(1, 7, 4, b"0100"), (0xA003, 3, 1, struct.pack(">H", number))], ">", 0)


def of_maker(make: str, data: bytes) -> bytes:
    """EXIF with this note."""
    return samples.exif(x010f=make, x0110="A camera", xa434="", x927c=data).tobytes()


def sony(spec: str, head: bytes = b"SONY DSC \0\0\0") -> bytes:
    """EXIF with a note whose offsets are those of EXIF: it is made twice to know them."""
    data = bytes.fromhex(spec)
    block = of_maker("SONY", head + note([(0xB02A, 7, 8, data)], ">", 0))
    base = block.index(data) - len(b"Exif\0\0") - (2 + 12 + 4)
    return of_maker("SONY", head + note([(0xB02A, 7, 8, data)], ">", base))


def olympus(kind: bytes, *others: Entry) -> bytes:
    """A note with its own offsets; the equipment's directory follows that of the note."""
    listed = [(0x201, 1, len(kind), kind), *others]
    return (
        b"OLYMPUS\0II\3\0" + note([(0x2010, 13, 1, struct.pack("<I", 30))], "<", 12) + note(listed, "<", 30)
    )


def old_olympus(kind: bytes, *, within: bool = False) -> bytes:
    """EXIF with a note of the first bodies, its offsets those of EXIF: it is made twice to know them."""

    def made(at: int) -> bytes:
        equipment = note([(0x201, 1, 6, kind)], ">", at + 26)
        place = struct.pack(">I", at + 26)
        entry = (0x2010, 7, len(equipment), equipment) if within else (0x2010, 4, 1, place)
        listed = note([entry], ">", at + 8)
        return of_maker("OLYMPUS CORPORATION", b"OLYMP\0\1\0" + listed + (b"" if within else equipment))

    return made(made(0).index(b"OLYMP\0\1\0") - len(b"Exif\0\0"))


def lens(block: bytes) -> str | None:
    return camera.metadata_of(Packets(block)).lens


@pytest.mark.parametrize("head", [b"SONY DSC \0\0\0", b"SONY CAM \0\0\0", b""])
def test_a_sony_lens(head: bytes) -> None:
    spec = "8200240105404008"
    assert lens(sony(spec, head)) == SONY_SPECS[spec]


@pytest.mark.parametrize("spec", ["0000000000000000", "01ff180055355602", "0100180055000002"])
def test_what_says_no_sony_lens(spec: str) -> None:
    assert lens(sony(spec)) is None


@pytest.mark.parametrize(
    "data",
    [
        pentax(4, 252),
        b"PENTAX \0II" + note([(0x3F, 1, 4, bytes((4, 252, 0, 0)))], "<", 10),
        b"AOC\0\0\0" + note([(0x3F, 1, 2, bytes((4, 252)))], ">", 6),
    ],
)
def test_a_pentax_lens(data: bytes) -> None:
    assert lens(of_maker("PENTAX Corporation", data)) == "smc PENTAX-DA 18-55mm F3.5-5.6 AL"


def test_a_samsung_lens() -> None:
    assert lens(of_maker("SAMSUNG", samsung(5))) == "Samsung NX 20mm F2.8 Pancake"


def test_an_olympus_lens_without_a_name() -> None:
    zuiko = "Olympus Zuiko Digital 14-45mm F3.5-5.6"
    kind = bytes((0, 0, 0x18, 0, 0, 0))
    assert lens(of_maker("OLYMPUS IMAGING CORP.", olympus(kind))) == zuiko
    assert lens(old_olympus(kind)) == zuiko
    assert lens(old_olympus(kind, within=True)) == zuiko


def test_an_olympus_lens_that_is_named_goes_by_its_name() -> None:
    named = olympus(bytes((0, 0, 0x18, 0, 0, 0)), (0x203, 2, 20, b"OLYMPUS 14-45mm Lens"))
    assert lens(of_maker("OLYMPUS", named)) == "OLYMPUS 14-45mm Lens"


@pytest.mark.parametrize(
    ("make", "data"),
    [
        ("OLYMPUS", olympus(bytes((0, 0, 0x99, 0, 0, 0)))),
        ("OLYMPUS", olympus(bytes((2, 0, 1, 0, 0, 0)))),
        ("OLYMPUS", olympus(bytes(5))),
        ("OLYMPUS", b"OLYMP\0\1\0\xff\xff"),
    ],
)
def test_an_olympus_lens_of_another_maker_or_a_damaged_one_is_not_guessed(make: str, data: bytes) -> None:
    assert lens(of_maker(make, data)) is None


@pytest.mark.parametrize(
    ("make", "data"),
    [("PENTAX", pentax(255, 255)), ("PENTAX", b"AOC\0"), ("SAMSUNG", samsung(0)), ("SAMSUNG", b"\xff" * 99)],
)
def test_numbers_that_are_not_known_and_damaged_notes_tell_no_lens(make: str, data: bytes) -> None:
    assert lens(of_maker(make, data)) is None


def test_what_stands_in_the_first_directory_counts_where_exif_s_own_lacks_it() -> None:
    exif = samples.exif()
    shot = exif.get_ifd(photos.EXIF_IFD)
    for tag in (0x829D, 0x9003, 0xA434):
        exif[tag] = shot.pop(tag)
    found = camera.metadata_of(Packets(exif.tobytes()))
    assert (found.f_number, found.taken_local, found.lens) == (2.8, "2019-07-21T18:03:11", "AF-S 50mm f/1.8G")


@pytest.mark.slow
@pytest.mark.skipif(not exiftool.is_here(), reason="needs exiftool (Debian: libimage-exiftool-perl)")
def test_exiftool_reads_the_same_lenses(tmp_path: Path) -> None:
    blocks = {f"Pentax{a}-{b}": of_maker("PENTAX", pentax(a, b)) for a, b in PENTAX}
    blocks |= {f"Samsung{number}": of_maker("SAMSUNG", samsung(number)) for number in SAMSUNG}
    blocks |= {f"Sony{spec}": sony(spec) for spec in SONY_SPECS}
    blocks |= {f"Olympus{kind.hex()}": of_maker("OLYMPUS", olympus(kind)) for kind in TYPES}
    for name, block in blocks.items():
        (tmp_path / f"{name}.jpg").write_bytes(photos.encoded(SCENE, "JPEG", exif=block))
    told = exiftool.lenses(tmp_path)
    assert {name: lens(block) for name, block in blocks.items()} == told
