"""All cases, and a folder of them with healthy files between."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.support import photos
from tests.support.hell import damage, metadata, names, places, sabotage
from tests.support.hell.bombs import bombs
from tests.support.hell.case import Case

HEALTHY = 40
"""Whole photos, each of its own content, spread among the cases."""


def cases(seed: int, outside: Path) -> list[Case]:
    """Every case, the same for the same seed. `outside` is a folder that no root has."""
    return [
        *damage.truncated(Random(seed)),
        *damage.bit_flipped(Random(seed)),
        *damage.overwritten(Random(seed)),
        *damage.heads_alone(Random(seed)),
        *damage.misnamed(),
        *damage.empty(),
        *damage.tiny(),
        *bombs(),
        *metadata.broken_exif(Random(seed)),
        *metadata.huge_exif(Random(seed)),
        *metadata.rubbish_profiles(Random(seed)),
        *names.odd_names(),
        *names.deep(),
        *places.places(),
        *places.escapes(outside),
        *sabotage.sabotage(),
    ]


@dataclass(frozen=True)
class Laid:
    """A folder with cases in it, by path, and with healthy photos and their content."""

    root: Path
    cases: dict[bytes, Case]
    healthy: dict[bytes, bytes]


def lay(root: Path, chosen: Sequence[Case]) -> Laid:
    """Make the files. Two cases of one name would be a mistake in the generator."""
    laid = {bytes(root) + b"/" + case.name: case for case in chosen}
    assert len(laid) == len(chosen), "two cases have one name"
    for path, case in laid.items():
        there = Path(os.fsdecode(path))
        there.parent.mkdir(parents=True, exist_ok=True)
        case.lay(there)
    healthy = dict(_healthy(root))
    for path, content in healthy.items():
        Path(os.fsdecode(path)).write_bytes(content)
    return Laid(root, laid, healthy)


def spread(laid: Laid) -> list[bytes]:
    """All paths, the healthy ones evenly among the cases."""
    paths, healthy = list(laid.cases), list(laid.healthy)
    for number, path in enumerate(healthy):
        paths.insert(number * (len(laid.cases) // len(healthy) + 1), path)
    return paths


def _healthy(root: Path) -> Iterator[tuple[bytes, bytes]]:
    for number, content in enumerate(_contents()):
        yield bytes(root) + f"/healthy-{number:03}.jpg".encode(), content


@lru_cache
def _contents() -> tuple[bytes, ...]:
    """Different parts of real photos."""
    scene = photos.scene(1280, 960)
    boxes = ((number % 8 * 120, number // 8 * 120) for number in range(HEALTHY))
    return tuple(photos.encoded(scene.crop((x, y, x + 320, y + 240)), "JPEG", quality=92) for x, y in boxes)
