"""A library as people have one: camera names, folders by year, dates, places, copies, broken files."""

import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from cli import samples

COPIES, SMALLER = 25, 10
_CAMERAS = (("Google", "Pixel 7"), ("Canon", "EOS 80D"), ("Apple", "iPhone 13"))
_CITIES = ((48.8584, 2.2945), (52.5163, 13.3777), (41.8902, 12.4922))
_FIRST_DAY = datetime(2021, 1, 3, 9, 0)  # noqa: DTZ001 (as cameras write it)
_DAYS = 4 * 365 - 10


def make(folder: Path, count: int) -> None:
    """Fill `folder` with `count` photos, COPIES and SMALLER of them copies, and three files that are none."""
    samples.make(folder.parent / "samples")
    sources = sorted((folder.parent / "samples" / "photos").iterdir())
    own = count - COPIES - SMALLER
    taken = [_take(folder, sources[number % len(sources)], number, own) for number in range(own)]
    shutil.rmtree(folder.parent / "samples")
    _add_copies(folder, taken)
    _add_broken(folder, taken[0])


def _take(folder: Path, source: Path, number: int, of: int) -> Path:
    chance = random.Random(number)
    day = _FIRST_DAY + timedelta(days=_DAYS * number / of, minutes=7 * (number % 60))
    path = folder / f"{day:%Y}" / f"{day:%m}" / f"IMG_{number + 1000}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as photo:
        _part(photo.convert("RGB"), chance).save(path, quality=88, exif=_exif(number, day))
    return path


def _part(photo: Image.Image, chance: random.Random) -> Image.Image:
    share = chance.uniform(0.55, 0.8)
    width, height = int(photo.width * share), int(photo.height * share)
    left, top = chance.randint(0, photo.width - width), chance.randint(0, photo.height - height)
    return photo.crop((left, top, left + width, top + height)).resize((800, 800 * height // width))


def _exif(number: int, day: datetime) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = _CAMERAS[number % len(_CAMERAS)]
    exif.get_ifd(0x8769)[0x9003] = f"{day:%Y:%m:%d %H:%M:%S}"
    if number % 5 == 0:
        lat, lon = _CITIES[number // 5 % len(_CITIES)]
        exif.get_ifd(0x8825).update({1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)})
    return exif


def _degrees(angle: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    seconds = round(angle * 3600)
    return IFDRational(seconds // 3600), IFDRational(seconds % 3600 // 60), IFDRational(seconds % 60)


def _add_copies(folder: Path, taken: list[Path]) -> None:
    backup = folder / "old phone backup"
    backup.mkdir()
    for path in taken[3 :: len(taken) // COPIES][:COPIES]:
        shutil.copyfile(path, backup / path.name)
    for path in taken[5 :: len(taken) // SMALLER][:SMALLER]:
        with Image.open(path) as photo:
            smaller = photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.LANCZOS)
            smaller.save(backup / f"{path.stem}-WA0001.jpg", quality=85, exif=photo.getexif())


def _add_broken(folder: Path, photo: Path) -> None:
    (folder / "2021" / "half a download.jpg").write_bytes(photo.read_bytes()[:20_000])
    (folder / "2021" / "scan.jpg").write_bytes(b"")
    (folder / "packing list.txt").write_text("passport, tickets\n")
