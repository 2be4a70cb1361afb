"""The contact sheet: groups of pictures as one PNG."""

import io

from PIL import Image

from sluice.cli.pictures.contact_sheet import CELL, GAP, sheet
from tests.support.photos import jpeg


def opened(content: bytes) -> Image.Image:
    image: Image.Image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return image


def test_a_row_is_a_group_and_a_picture_that_cannot_be_read_an_empty_cell() -> None:
    image = opened(sheet([[jpeg(300, 200), b"no picture", jpeg(20, 20)], [jpeg(10, 400)]]))

    step = CELL + GAP
    assert image.size == (3 * step + GAP, 2 * step + GAP)
    middles = [image.getpixel((GAP + column * step + CELL // 2, GAP + CELL // 2)) for column in range(3)]
    assert middles[1] == (255, 255, 255)
    assert (255, 255, 255) not in (middles[0], middles[2])


def test_of_no_groups_there_is_an_empty_sheet() -> None:
    assert opened(sheet([])).width > 0
