"""Real photos from installed packages, and the copies that people make of theirs."""

import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageEnhance

from tests.support.photos import package

_SKIMAGE = package("skimage") / "data"
_SKLEARN = package("sklearn") / "datasets" / "images"
# The two chessboards show one picture; they are no two photos.
_PATHS = [
    *sorted(
        path for path in _SKIMAGE.iterdir() if path.suffix in {".png", ".jpg"} and "_RGB" not in path.name
    ),
    _SKLEARN / "china.jpg",
    _SKLEARN / "flower.jpg",
    package("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg",
]
PHOTOS = {path.stem: path for path in _PATHS}


@cache
def photo(name: str) -> Image.Image:
    """The photo in RGB, transparency on white."""
    image: Image.Image = Image.open(PHOTOS[name])
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return image.convert("RGB")


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """The image as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _halved(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def _cropped(image: Image.Image) -> Image.Image:
    """Without 3 % at each of its four sides."""
    x, y = image.width * 3 // 100, image.height * 3 // 100
    return image.crop((x, y, image.width - x, image.height - y))


def _cut_at_a_corner(image: Image.Image) -> Image.Image:
    return image.crop((image.width * 3 // 100, image.height * 3 // 100, image.width, image.height))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "halved": lambda image: jpeg(_halved(image)),
    "recompressed": lambda image: jpeg(image, quality=40),
    "cropped": lambda image: jpeg(_cropped(image)),
    "cut at a corner": lambda image: jpeg(_cut_at_a_corner(image)),
    "brightened": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.2)),
}
