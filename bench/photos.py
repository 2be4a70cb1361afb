"""The inputs: real photos of installed packages, at the sizes that cameras and phones write.

Made once and kept, as making them takes longer than measuring with them. Every picture shows something
else, so that nothing between the file and the point can take two of them for the same.
"""

import importlib.util
import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from bench import raw

CAMERA, PHONE, SMALL, RAW = (4000, 3000), (1024, 768), (256, 256), (6000, 4000)
"""12 MP, what messengers send, what an ML service takes as it is, and 24 MP."""

_PHOTOS = (
    ("skimage", "data/astronaut.png"),
    ("skimage", "data/chelsea.png"),
    ("skimage", "data/coffee.png"),
    ("skimage", "data/hubble_deep_field.jpg"),
    ("skimage", "data/motorcycle_left.png"),
    ("skimage", "data/retina.jpg"),
    ("skimage", "data/rocket.jpg"),
    ("sklearn", "datasets/images/china.jpg"),
    ("sklearn", "datasets/images/flower.jpg"),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
)
_SIDE = 1000
_GRAIN = 5.0
_QUALITY = {CAMERA: 88, PHONE: 88, SMALL: 85}


def jpegs(root: Path, size: tuple[int, int], count: int) -> list[Path]:
    """`count` different JPEGs of `size` under `root`, all in the page cache."""
    return _made(root / f"jpeg-{size[0]}x{size[1]}", ".jpg", partial(_jpeg, size), count)


def variants(root: Path, count: int) -> Path:
    """A folder of exactly `count` JPEGs of 256 pixels, none with the content or the look of another.

    Cut out of 24 larger ones, as making so many of them one by one would take minutes.
    """
    folder = root / f"variants-{count}"
    if not (folder / ".complete").exists():
        sheets = [picture(number, (1600, 1200)) for number in range(24)]
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            part = sheets[number % len(sheets)].crop(_window(number))
            (folder / f"{number:06}.jpg").write_bytes(encoded(part, 80))
        (folder / ".complete").touch()
    return folder


def million(root: Path) -> Path:
    """A folder of a million names of twenty small JPEGs, ten folders of ten of ten of a thousand.

    A file system lets one file have some 65,000 names.
    """
    folder = root / "million"
    if not (folder / ".complete").exists():
        files = jpegs(root, SMALL, 20)[:20]
        for number in range(1000):
            below = folder.joinpath(*f"{number:03}")
            below.mkdir(parents=True, exist_ok=True)
            for name in range(1000):
                (below / f"{name:03}.jpg").hardlink_to(files[number % len(files)])
        (folder / ".complete").touch()
    return folder


def _window(number: int) -> tuple[int, int, int, int]:
    """Where variant `number` lies in its sheet: steps of a few pixels, so that each place is used once."""
    row, column = divmod(number // 24, 42)
    left, top = column * 32, row * 40
    return left, top, left + SMALL[0], top + SMALL[1]


def dngs(root: Path, count: int, *, preview: bool) -> list[Path]:
    """`count` different DNGs of 24 MP, each with a full-size JPEG preview inside, or none."""
    return _made(root / f"dng{'-preview' if preview else ''}", ".dng", partial(_dng, preview), count)


def picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Photo `number`: tiles of real photos, turned and shifted, with the grain of a sensor, RGB."""
    noise = np.random.default_rng(number)
    canvas = Image.new("RGB", (2 * _SIDE, 2 * _SIDE))
    for row in range(2):
        for column in range(2):
            tile = _photo(int(noise.integers(len(_PHOTOS))))
            canvas.paste(tile.rotate(90 * int(noise.integers(4))), (column * _SIDE, row * _SIDE))
    left, top = (int(shift) for shift in noise.integers(0, _SIDE, 2))
    height = _SIDE * size[1] // size[0]
    large = canvas.crop((left, top, left + _SIDE, top + height)).resize(size, Image.Resampling.BICUBIC)
    grain = noise.normal(0.0, _GRAIN, (size[1], size[0], 1)).astype(np.float32)
    seen = np.clip(np.asarray(large, dtype=np.float32) + grain, 0, 255)
    return Image.fromarray(seen.astype(np.uint8))


def encoded(image: Image.Image, quality: int) -> bytes:
    """The picture as a camera's JPEG."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Sluice", "Pinhole 1", "2024:05:17 10:11:12"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def _jpeg(size: tuple[int, int], number: int) -> bytes:
    return encoded(picture(number, size), _QUALITY[size])


def _dng(preview: bool, number: int) -> bytes:
    image = picture(number, RAW)
    return raw.dng(image, preview=encoded(image, 85) if preview else None)


def _made(folder: Path, suffix: str, make: Callable[[int], bytes], count: int) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06}{suffix}" for number in range(count)]
    missing = [(number, path) for number, path in enumerate(paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor() as pool:
            list(pool.map(partial(_write, make), missing, chunksize=4))
    for path in paths:
        path.read_bytes()
    return paths


def _write(make: Callable[[int], bytes], what: tuple[int, Path]) -> None:
    number, path = what
    part = path.with_suffix(".part")
    part.write_bytes(make(number))
    part.replace(path)


@lru_cache
def _photo(index: int) -> Image.Image:
    package, name = _PHOTOS[index]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the photos of {package} are not installed: pip install sluice[demo]")
    with Image.open(Path(spec.submodule_search_locations[0]) / name) as photo:
        return photo.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
