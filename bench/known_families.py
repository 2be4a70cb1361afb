"""Pictures of which the copies are known, made from the real photos of the sample packages."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from tests.unit.ml.photos import PHOTOS, photo

SIDE = 512
MIN_DETAIL = 12.0
"""Grey levels: tiles that vary less are no photos of their own."""

Change = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True, slots=True)
class Known:
    """A picture. Those of one `family` are copies of one picture; of another they are not, however alike."""

    family: str
    change: str
    jpeg: bytes
    thumbnail: bytes
    area: int


def known(seed: int = 7) -> list[Known]:
    """At least 2,000 pictures, the same each time."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    tiles = list(_tiles())
    found = [each for name, tile in tiles for each in _variants(name, tile)]
    found += [each for name, tile in tiles for each in _burst(name, tile, chance)]
    found += [each for number in range(60) for each in _screens(number, chance)]
    found += [each for number in range(45) for each in _documents(number, chance)]
    return found


def _tiles() -> Iterator[tuple[str, Image.Image]]:
    for name in sorted(PHOTOS):
        whole = photo(name)
        across, down = (2 if side >= 400 else 1 for side in whole.size)
        width, height = whole.width // across, whole.height // down
        for place in range(across * down):
            x, y = place % across * width, place // across * height
            tile = whole.crop((x, y, x + width, y + height))
            if np.asarray(tile.convert("L"), dtype=np.float32).std() >= MIN_DETAIL:
                scale = SIDE / max(tile.size)
                yield f"{name}-{place}", tile.resize((round(width * scale), round(height * scale)))


def _variants(name: str, tile: Image.Image) -> Iterator[Known]:
    for change, make in _CHANGES.items():
        yield _saved(name, change, make(tile), quality=40 if change == "recompressed" else 90)


def _cropped(percent: int) -> Change:
    def crop(image: Image.Image) -> Image.Image:
        x, y = (side * percent // 200 for side in image.size)
        return image.crop((x, y, image.width - x, image.height - y))

    return crop


def _watermarked(image: Image.Image) -> Image.Image:
    marked = image.copy()
    at = (image.width // 10, image.height * 8 // 10)
    ImageDraw.Draw(marked).text(at, "(c) Somebody 2019", fill="white", font=ImageFont.load_default(36))
    return marked


_CHANGES: dict[str, Change] = {
    "original": lambda image: image,
    "resized": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "recompressed": lambda image: image,
    "cropped 3 %": _cropped(3),
    "cropped 10 %": _cropped(10),
    "cropped 20 %": _cropped(20),
    "cropped 30 %": _cropped(30),
    "rotated 2 degrees": lambda image: image.rotate(2, Image.Resampling.BICUBIC),
    "rotated 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darkened": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "watermarked": _watermarked,
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def _burst(name: str, tile: Image.Image, chance: random.Random) -> Iterator[Known]:
    """Shots a moment apart: the camera moved a little, and so did something in front of it."""
    width, height = tile.width * 9 // 10, tile.height * 9 // 10
    thing = tile.crop((0, 0, tile.width // 8, tile.height // 8))
    for shot in range(4):
        frame = tile.copy()
        frame.paste(thing, (chance.randrange(tile.width * 6 // 8), tile.height // 2))
        x, y = (chance.randrange(side // 20) for side in tile.size)
        yield _saved(f"burst-{name}-{shot}", "shot of a burst", frame.crop((x, y, x + width, y + height)))


def _screens(number: int, chance: random.Random) -> Iterator[Known]:
    """Screenshots of one program, each with other text."""
    for shot in range(6):
        screen = Image.new("RGB", (540, 960), "white")
        draw = ImageDraw.Draw(screen)
        draw.rectangle((0, 0, 540, 90), fill=f"hsl({number * 9}, 60%, 45%)")
        draw.text((24, 24), f"Messages {number}", fill="white", font=ImageFont.load_default(36))
        for line in range(10):
            top = 120 + line * 80
            draw.rounded_rectangle((20, top, 420, top + 62), 14, fill="#e8e8ee")
            draw.text((36, top + 14), _words(chance, 5), fill="black", font=ImageFont.load_default(20))
        yield _saved(f"screen-{number}-{shot}", "screenshot", screen)


def _documents(number: int, chance: random.Random) -> Iterator[Known]:
    """Pages of one form: only the amounts and the names on them differ."""
    text = [_words(chance, 9) for _ in range(26)]
    for copy in range(5):
        page = Image.new("RGB", (620, 877), "white")
        draw = ImageDraw.Draw(page)
        draw.text((60, 40), f"Invoice {number}", fill="black", font=ImageFont.load_default(32))
        for line, words in enumerate(text):
            draw.text((60, 110 + line * 26), words, fill="black", font=ImageFont.load_default(16))
        draw.text(
            (60, 800), f"Total {chance.randrange(10**6)} EUR", fill="black", font=ImageFont.load_default(28)
        )
        yield _saved(f"document-{number}-{copy}", "document", page)


def _words(chance: random.Random, count: int) -> str:
    letters = "abcdefghijklmnoprstuvwz"
    return " ".join("".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(count))


def _saved(family: str, change: str, image: Image.Image, quality: int = 90) -> Known:
    jpeg = _jpeg(image, quality)
    small = Image.open(io.BytesIO(jpeg))
    small.thumbnail((200, 200), Image.Resampling.LANCZOS)
    return Known(family, change, jpeg, _jpeg(small, 85), image.width * image.height)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
