"""Captions state what was measured."""

from collections.abc import Sequence

import pytest
from PIL import Image

from services.ml.engine.backend import Described
from services.ml.lite.colours import dominant_colours
from services.ml.lite.lite import LiteBackend
from services.ml.lite.picture import open_picture
from tests.support.describing import describe
from tests.unit.ml.photos import jpeg, photo


def caption(image: Image.Image) -> str:
    (result,) = describe(LiteBackend(), [jpeg(image, quality=95)], caption=True)
    assert isinstance(result, Described)
    assert result.caption is not None
    return result.caption


def plane(colour: str | tuple[int, int, int], size: tuple[int, int] = (300, 200)) -> Image.Image:
    return Image.new("RGB", size, colour)


@pytest.mark.parametrize(
    ("size", "format_"),
    [((300, 200), "landscape"), ((200, 300), "portrait"), ((200, 204), "square"), ((500, 200), "panoramic")],
)
def test_the_format_comes_first(size: tuple[int, int], format_: str) -> None:
    assert caption(plane("blue", size)).startswith(f"{format_} photo, mostly blue")


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((220, 30, 30), "red"),
        ((240, 140, 20), "orange"),
        ((110, 70, 30), "brown"),
        ((230, 210, 180), "beige"),
        ((240, 230, 40), "yellow"),
        ((40, 180, 60), "green"),
        ((10, 60, 20), "dark green"),
        ((30, 60, 220), "blue"),
        ((10, 15, 70), "dark blue"),
        ((190, 215, 250), "light blue"),
        ((130, 40, 200), "purple"),
        ((240, 80, 180), "pink"),
        ((10, 10, 10), "black"),
        ((250, 250, 250), "white"),
        ((128, 128, 128), "grey"),
        ((210, 210, 210), "light grey"),
    ],
)
def test_a_plain_colour_has_its_name(colour: tuple[int, int, int], name: str) -> None:
    assert dominant_colours(open_picture(jpeg(plane(colour))).rgb) == [name]


def test_two_colours_are_named_largest_first() -> None:
    flag = plane((30, 60, 220))
    flag.paste((240, 230, 40), (0, 120, 300, 200))
    assert "mostly blue and yellow" in caption(flag)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("camera", ["square black-and-white photo", "high contrast"]),
        ("chelsea", ["landscape photo", "brown"]),
        ("rocket", ["landscape photo", "dark blue", "dark"]),
        ("page", ["panoramic", "bright"]),
        ("moon", ["black-and-white", "low contrast", "smooth"]),
        ("retina", ["square", "red and black"]),
    ],
)
def test_real_photos_are_described_as_they_are(name: str, facts: Sequence[str]) -> None:
    text = caption(photo(name))
    assert all(fact in text for fact in facts), text


def test_no_caption_is_made_when_none_is_wanted() -> None:
    (result,) = describe(LiteBackend(), [jpeg(photo("moon"))], caption=False)
    assert isinstance(result, Described)
    assert result.caption is None
