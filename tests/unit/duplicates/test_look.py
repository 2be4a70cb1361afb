"""The second look at the pixels."""

import io
import random

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from libs.common.duplicates.look import are_same, look_at
from tests.unit.ml.photos import photo

PHOTOS = ["coffee", "chelsea", "astronaut", "rocket", "china"]


def thumbnail(image: Image.Image, quality: int = 85) -> bytes:
    small = image.copy()
    small.thumbnail((200, 200), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue()


def same(one: Image.Image, other: Image.Image) -> bool:
    first, second = look_at(thumbnail(one)), look_at(thumbnail(other))
    assert first is not None
    assert second is not None
    return are_same(first, second)


def screen(text: str) -> Image.Image:
    made = Image.new("RGB", (540, 960), "white")
    ImageDraw.Draw(made).text((24, 400), text, fill="black", font=ImageFont.load_default(24))
    return made


@pytest.mark.parametrize("name", PHOTOS)
def test_a_smaller_a_recompressed_and_a_brighter_copy_are_the_same(name: str) -> None:
    image = photo(name)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=50)

    assert same(image, image.resize((image.width // 2, image.height // 2)))
    assert same(image, Image.open(io.BytesIO(out.getvalue())))
    assert same(image, ImageEnhance.Brightness(image).enhance(0.85))


@pytest.mark.parametrize("name", PHOTOS)
def test_a_mirrored_turned_or_cut_picture_is_another(name: str) -> None:
    image = photo(name)

    assert not same(image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert not same(image, image.transpose(Image.Transpose.ROTATE_180))
    assert not same(image, image.crop((image.width // 5, image.height // 5, image.width, image.height)))


def test_screens_that_differ_in_their_text_are_others() -> None:
    chance = random.Random(3)
    texts = ["".join(chance.choices("abcdefgh ", k=24)) for _ in range(8)]

    assert not any(same(screen(texts[0]), screen(other)) for other in texts[1:])
    assert same(screen(texts[0]), screen(texts[0]))


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff"])
def test_what_is_no_picture_has_no_look(content: bytes) -> None:
    assert look_at(content) is None
