"""What AVIF files say of their picture, and what must not keep it from being shown."""

import io
import struct
import time

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from libs.common.imaging.containers import items, plainer
from libs.common.imaging.containers.boxes import Box, boxes
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A title</dc:title>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)
SCENE = photos.scene(400, 300)


def avif(**options: object) -> bytes:
    return photos.encoded(SCENE, "AVIF", quality=90, speed=10, **options)


def with_aperture(data: bytes, width: int, height: int, right: int, down: int) -> bytes:
    """The file with a clean aperture where its ICC profile was; offsets from the middle in pixels."""
    at = data.index(b"colrprof") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    numbers = (width, 1, height, 1, right * 2, 2, down * 2, 2)
    box = struct.pack(">I4sIIIIiIiI", size, b"clap", *numbers)
    changed = bytearray(data[:at] + box + data[at + len(box) :])
    # A reader that does not understand a clean aperture must not show the picture: it is essential.
    number = [each.kind for each in boxes(data, data.index(b"ipco") + 4)].index(b"colr") + 1
    listed = data.index(b"ipma") + 4
    changed[data.index(number, listed + 11)] |= 0x80
    return bytes(changed)


def with_two_lists(data: bytes) -> bytes:
    """What `with_aperture` made, the last properties of each item in a list of their own, as encoders of 2020
    had them; the room is the aperture's.
    """
    at, listed = data.index(b"clap") - 4, data.index(b"ipma") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    ends = listed + int.from_bytes(data[listed : listed + 4], "big")
    found = list(items.associations(data, Box(b"ipma", listed + 8, ends)))
    first = ipma({item: of[:2] for item, of in found})
    second = ipma({item: of[2:] for item, of in found})
    left = size - 40 - (len(first) + len(second) - (ends - listed))
    aperture = struct.pack(">I", 40) + data[at + 4 : at + 40]
    properties = data[data.index(b"ipco") + 4 : at] + aperture + data[at + size : listed]
    properties += struct.pack(">I4s", left, b"free").ljust(left, b"\0")
    inside = struct.pack(">I4s", 8 + len(properties), b"ipco") + properties + first + second
    begins = data.index(b"ipco") - 4
    assert len(inside) == ends - begins
    return data[:begins] + inside + data[ends:]


def ipma(found: dict[int, tuple[int, ...]]) -> bytes:
    body = b"".join(
        struct.pack(">HB", item, len(of)) + bytes((each >> 8 & 0x80) | (each & 0x7F) for each in of)
        for item, of in found.items()
    )
    return struct.pack(">I4sII", 16 + len(body), b"ipma", 0, len(found)) + body


def profile() -> bytes:
    return photos.adobe_rgb_profile()


@pytest.mark.parametrize(("right", "down"), [(0, 0), (60, -40)])
def test_the_clean_aperture_is_what_is_shown(right: int, down: int) -> None:
    found = normalise(with_aperture(avif(icc_profile=profile()), 200, 160, right, down), Limits())
    assert (found.width, found.height) == (200, 160)
    left, top = 100 + right, 70 + down
    expected = SCENE.crop((left, top, left + 200, top + 160))
    assert difference(found.jpeg, np.asarray(expected, dtype=float)) < 8.0


@pytest.mark.parametrize(
    ("width", "height", "right"), [(400, 300, 0), (200, 160, 150), (0, 0, 0), (500, 100, 0)]
)
def test_an_aperture_that_is_all_or_outside_changes_nothing(width: int, height: int, right: int) -> None:
    found = normalise(with_aperture(avif(icc_profile=profile()), width, height, right, 0), Limits())
    assert (found.width, found.height) == (400, 300)


def test_an_aperture_is_cut_before_the_picture_is_turned() -> None:
    exif = Image.Exif()
    exif[photos.ORIENTATION] = 6
    found = normalise(with_aperture(avif(icc_profile=profile(), exif=exif), 200, 160, 0, 0), Limits())
    assert (found.width, found.height) == (160, 200)


def test_properties_in_two_lists_are_read_as_those_in_one() -> None:
    exif = photos.camera_exif()
    exif[photos.ORIENTATION] = 6
    one = with_aperture(avif(icc_profile=profile(), exif=exif), 200, 160, 60, -40)
    two = with_two_lists(one)
    with pytest.raises(Exception, match=r".*"):
        Image.open(io.BytesIO(two)).load()
    expected, found = normalise(one, Limits()), normalise(two, Limits())
    assert (found.width, found.height) == (expected.width, expected.height) == (160, 200)
    assert found.metadata.camera == "Sluice Pinhole 1"
    assert difference(found.jpeg, pixels(expected.jpeg)) < 1.0


def test_a_heic_with_two_lists_is_read_so_too() -> None:
    pillow_heif.register_heif_opener()
    two = with_two_lists(
        with_aperture(photos.encoded(SCENE, "HEIF", quality=90, icc_profile=profile()), 200, 160, 0, 0)
    )
    found = normalise(two, Limits())
    assert (found.width, found.height) == (200, 160)


def test_exif_that_the_decoder_refuses_costs_the_exif_and_not_the_picture() -> None:
    data = avif(exif=photos.camera_exif())
    at = data.index(b"MM\0*")
    broken = data[: at - 4] + b"\xff" * 30 + data[at + 26 :]
    with pytest.raises(Exception, match=r".*"):
        Image.open(io.BytesIO(broken)).load()
    found = normalise(broken, Limits())
    assert difference(found.jpeg, np.asarray(SCENE, dtype=float)) < 8.0


def test_a_gain_map_that_the_decoder_refuses_costs_nothing() -> None:
    data = avif(exif=photos.camera_exif())
    head = int.from_bytes(data[:4], "big")
    broken = data[:head].replace(b"miaf", b"tmap") + data[head:].replace(b"Exif", b"tmap", 1)
    with pytest.raises(Exception, match=r".*"):
        Image.open(io.BytesIO(broken)).load()
    found = normalise(broken, Limits())
    assert difference(found.jpeg, np.asarray(SCENE, dtype=float)) < 8.0


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_exif_is_read_where_only_what_stands_before_it_is_damaged(kind: str) -> None:
    pillow_heif.register_heif_opener()
    data = photos.encoded(SCENE, kind, quality=90, exif=photos.camera_exif(), xmp=XMP)
    at = data.index(b"MM\0*")
    found = normalise(data[: at - 10] + b"\xff" * 10 + data[at:], Limits())
    assert difference(found.jpeg, np.asarray(SCENE, dtype=float)) < 8.0
    assert (found.metadata.camera, found.metadata.title) == ("Sluice Pinhole 1", "A title")


def test_exif_and_texts_are_read_where_the_gain_map_is_refused() -> None:
    data = avif(exif=photos.camera_exif(), xmp=XMP)
    head = int.from_bytes(data[:4], "big")
    broken = data[:head].replace(b"miaf", b"tmap") + data[head:]
    with pytest.raises(Exception, match=r".*"):
        Image.open(io.BytesIO(broken)).load()
    found = normalise(broken, Limits())
    assert (found.metadata.camera, found.metadata.title) == ("Sluice Pinhole 1", "A title")
    assert found.exif["Image Model"] == "Pinhole 1"


def test_groups_that_the_decoder_refuses_cost_nothing() -> None:
    data = avif()
    at = data.index(b"meta") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    groups = struct.pack(">I4sI4sIIII", 36, b"grpl", 99, b"altr", 0, 1, 1, 1)[:36].ljust(36, b"\0")
    # The picture's data follow the boxes: their offset moves with them.
    moved = data[:at] + struct.pack(">I", size + 36) + data[at + 4 : at + size] + groups + data[at + size :]
    where = moved.index(b"iloc") + 4
    offset = moved.index(struct.pack(">I", data.index(b"mdat") + 4), where)
    broken = moved[:offset] + struct.pack(">I", data.index(b"mdat") + 4 + 36) + moved[offset + 4 :]
    with pytest.raises(Exception, match=r".*"):
        Image.open(io.BytesIO(broken)).load()
    assert difference(normalise(broken, Limits()).jpeg, np.asarray(SCENE, dtype=float)) < 8.0


def test_the_parts_that_may_be_refused_are_hidden_and_nothing_else() -> None:
    data = avif(exif=photos.camera_exif(), xmp=b"<x/>")
    plain = plainer.without_extras(data)
    assert len(plain) == len(data)
    assert Image.open(io.BytesIO(plain)).info.keys().isdisjoint({"exif", "xmp"})


@pytest.mark.parametrize("cut", [20, 60, 100, 150, 200, 300])
def test_a_file_that_is_cut_in_its_head_says_nothing_and_does_not_hang(cut: int) -> None:
    data = avif(icc_profile=profile())[:cut]
    assert items.crop_of(data, (400, 300)) is None
    assert len(plainer.without_extras(data)) == cut


def test_lists_that_name_thousands_of_properties_take_no_time() -> None:
    """Each names 255 of 32,767 for the same item, which cannot have so many."""
    data = with_two_lists(with_aperture(avif(icc_profile=profile()), 200, 160, 0, 0))
    about, properties = data.index(b"iprp") - 4, data.index(b"ipco") - 4
    size = int.from_bytes(data[properties : properties + 4], "big")
    numbers = [struct.pack(">255H", *range(start, start + 255)) for start in range(0, 32_000, 255)]
    body = b"".join(struct.pack(">HB", 1, 255) + each for each in numbers)
    listed = struct.pack(">I4sII", 16 + len(body), b"ipma", 1, len(numbers)) + body
    inside = data[properties : properties + size] + listed * 2
    hostile = data[:about] + struct.pack(">I4s", 8 + len(inside), b"iprp") + inside
    meta = hostile.index(b"meta") - 4
    hostile = hostile[:meta] + struct.pack(">I", len(hostile) - meta) + hostile[meta + 4 :]
    began = time.process_time()
    assert plainer.with_one_list(hostile) == hostile
    assert time.process_time() - began < 5.0
