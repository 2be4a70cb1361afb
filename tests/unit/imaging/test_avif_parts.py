"""What AVIF files say of their picture, and what must not keep it from being shown."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from libs.common.imaging.containers import items
from libs.common.imaging.containers.boxes import boxes
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference

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
    assert difference(normalise(broken, Limits()).jpeg, np.asarray(SCENE, dtype=float)) < 8.0


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
    plain = items.without_extras(data)
    assert len(plain) == len(data)
    assert Image.open(io.BytesIO(plain)).info.keys().isdisjoint({"exif", "xmp"})


@pytest.mark.parametrize("cut", [20, 60, 100, 150, 200, 300])
def test_a_file_that_is_cut_in_its_head_says_nothing_and_does_not_hang(cut: int) -> None:
    data = avif(icc_profile=profile())[:cut]
    assert items.crop_of(data, (400, 300)) is None
    assert len(items.without_extras(data)) == cut
