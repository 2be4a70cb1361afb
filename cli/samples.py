"""The sample folder: real photos that installed packages bring along, and one of each thing that fails."""

import importlib.util
import shutil
from pathlib import Path

from PIL import Image

from cli.expected import Expected
from cli.raw_photo import dng
from libs.common.errors import Code, SluiceError

_PHOTOS = {
    "skimage": (
        "data/astronaut.png",
        "data/brick.png",
        "data/camera.png",
        "data/chelsea.png",
        "data/coffee.png",
        "data/coins.png",
        "data/grass.png",
        "data/gravel.png",
        "data/hubble_deep_field.jpg",
        "data/ihc.png",
        "data/moon.png",
        "data/motorcycle_left.png",
        "data/motorcycle_right.png",
        "data/retina.jpg",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",),
}
LOOK_FOR = "china.jpg"
"""The photo to search with: its copy, and its smaller version, must be found."""
WORDS = "a cup of coffee"
"""The words to search with: coffee.png is the photo that shows it."""


def make(folder: Path) -> Expected:
    """Fill the folder, which must not exist, and say what ingesting it must count.

    Raises SluiceError not_found where the packages with the photos are not installed.
    """
    originals = folder / "photos"
    originals.mkdir(parents=True)
    photos = [source for package, names in _PHOTOS.items() for source in _in_package(package, names)]
    for photo in photos:
        shutil.copyfile(photo, originals / photo.name)
    stored = len(photos) + _add_variants(folder, originals)
    _add_failures(folder, originals)
    (folder / ".hidden.jpg").write_bytes((originals / LOOK_FOR).read_bytes())
    failed = {Code.TRUNCATED_IMAGE: 1}
    return Expected(stored=stored, duplicates=1, failed=failed, ignored=1, no_pictures=2)


def _add_variants(folder: Path, originals: Path) -> int:
    """An exact copy, a smaller version and a camera RAW file; how many they are."""
    variants = folder / "variants"
    variants.mkdir()
    shutil.copyfile(originals / LOOK_FOR, variants / "china copy.jpg")
    with Image.open(originals / LOOK_FOR) as photo:
        smaller = photo.resize((photo.width * 3 // 5, photo.height * 3 // 5), Image.Resampling.LANCZOS)
        smaller.save(variants / "china small.jpg", quality=80)
    with Image.open(originals / "flower.jpg") as photo:
        (variants / "flower.dng").write_bytes(dng(photo))
    return 3


def _add_failures(folder: Path, originals: Path) -> None:
    broken = folder / "broken"
    broken.mkdir()
    whole = (originals / "rocket.jpg").read_bytes()
    (broken / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (broken / "notes.txt").write_text("Not a photo.\n")
    with Image.open(originals / "coins.png") as photo:
        photo.resize((96, 72)).save(broken / "animation.gif")


def _in_package(package: str, names: tuple[str, ...]) -> list[Path]:
    # Found without importing it, which would take seconds.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SluiceError(
            Code.NOT_FOUND,
            f"the sample photos are in {package}, which is not installed; "
            "install the extra `demo`, or name a folder of your own",
        )
    root = Path(spec.submodule_search_locations[0])
    return [root / name for name in names]
