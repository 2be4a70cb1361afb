"""Stacks: several files that are one picture, such as the RAW and the JPEG of one shot."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from libs.common.duplicates.keeper import Stored
from libs.common.points import exif
from libs.common.points.fields import Fields
from sluice.files.formats import RAW_SUFFIXES

SECONDS = 2.0
"""How far apart two files of a stack can have been taken, where both tell when."""
_EDITED = re.compile(r"[ _-]edited$", re.IGNORECASE)
_MOVING = frozenset((".mov", ".mp4"))


def key_of(path: str) -> tuple[str, str]:
    """Files of one stack have the same: their folder and their stem, case and `-edited` aside."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return folder, _EDITED.sub("", stem).casefold()


def kind_of(path: str) -> str:
    """What a file is to its stack; two of the same kind are no stack."""
    stem, dot, suffix = path.rpartition(".")
    suffix = (dot + suffix).lower()
    if suffix in RAW_SUFFIXES:
        return "raw"
    if suffix in _MOVING:
        return "moving"
    return "edited" if _EDITED.search(stem) else "picture"


def mates(points: Iterable[Stored]) -> Mapping[str, frozenset[str]]:
    """By the id of each of the points that is in a stack, the ids of the others in it."""
    found: dict[tuple[str, str], list[Stored]] = defaultdict(list)
    for point in points:
        if path := Fields(point.payload).full_path:
            found[key_of(path)].append(point)
    return {
        point.id: others
        for group in found.values()
        if len(group) > 1
        for point in group
        if (others := frozenset(other.id for other in group if are_one(point, other)))
    }


def are_one(point: Stored, other: Stored) -> bool:
    """Whether two points with the same key are files of one picture."""
    if kind_of(Fields(point.payload).full_path or "") == kind_of(Fields(other.payload).full_path or ""):
        return False
    first, second = _taken(point), _taken(other)
    return first is None or second is None or abs((first - second).total_seconds()) <= SECONDS


def _taken(point: Stored) -> datetime | None:
    text = exif.taken_at(point.payload) or Fields(point.payload).taken_at
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None
