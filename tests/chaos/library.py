"""The files to ingest, and what must become of each, known before anything runs."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from libs.common.errors import Code
from libs.common.ids import file_id
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support.ml_faults import embedding_of

IMAGE_SIZE = 64
DISTINCT_SHARE = 3
"""One file in so many has a content of its own; the others are further names of those."""
BROKEN_SHARE = 50
"""One file in so many is no picture."""
_BROKEN = (
    ("empty.jpg", b"", Code.EMPTY_FILE),
    ("rubbish.jpg", b"this was a photo once", Code.DECODE_FAILED),
    ("notes.txt", b"milk, bread", Code.UNSUPPORTED_TYPE),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of one file: an error code, or a point with this hash and unit vector."""

    path: str
    code: Code | None = None
    sha256: str = ""
    vector: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """One directory, ingested by one job; expectations by file id."""

    path: Path
    collection: str
    files: dict[str, Expected]


def make(root: Path, collections: tuple[str, ...], folders: int, files: int, random: Random) -> list[Folder]:
    """Write `files` files, spread over as many folders for each collection in turn."""
    names = [(root / f"folder-{number}", collections[number % len(collections)]) for number in range(folders)]
    made = []
    for number, (path, collection) in enumerate(names):
        path.mkdir(parents=True)
        count = files // folders + (number < files % folders)
        found = dict(_fill(path, collection, count, random))
        made.append(Folder(path, collection, found))
    return made


def _fill(folder: Path, collection: str, count: int, random: Random) -> Iterator[tuple[str, Expected]]:
    originals: list[Expected] = []
    for number in range(count):
        if number % BROKEN_SHARE == BROKEN_SHARE - 1:
            expected = _broken(folder, number, random)
        elif number % DISTINCT_SHARE == 0:
            expected = _picture(folder / f"{number:06}.jpg", random)
            originals.append(expected)
        else:
            expected = _copy(folder / f"{number:06}.jpg", random.choice(originals))
        yield file_id(collection, os.fsencode(expected.path)), expected


def _broken(folder: Path, number: int, random: Random) -> Expected:
    name, data, code = random.choice(_BROKEN)
    path = folder / f"{number:06}-{name}"
    path.write_bytes(data)
    return Expected(str(path), code)


def _picture(path: Path, random: Random) -> Expected:
    """A small picture that no other is like."""
    side = random.choice((64, 96, 128))
    blocks = np.frombuffer(random.randbytes(8 * 8 * 3), np.uint8).reshape(8, 8, 3)
    Image.fromarray(blocks).resize((side, side), Image.Resampling.BICUBIC).save(path, "JPEG", quality=85)
    data = path.read_bytes()
    jpeg = normalise(data, Limits(short_side=IMAGE_SIZE)).jpeg
    vector = np.asarray(embedding_of(jpeg), np.float64)
    unit = vector / np.linalg.norm(vector)
    return Expected(str(path), sha256=hashlib.sha256(data).hexdigest(), vector=tuple(unit.tolist()))


def _copy(path: Path, original: Expected) -> Expected:
    path.hardlink_to(original.path)
    return Expected(str(path), sha256=original.sha256, vector=original.vector)
