"""Stacks: several files that are one picture, such as the RAW and the JPEG of one shot."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from libs.common.duplicates.keeper import Stored, order, traits_of
from libs.common.points.fields import Fields
from libs.common.points.from_exif import taken_local
from libs.common.points.stack import is_edited, key_of
from sluice.files.formats import RAW_SUFFIXES

SECONDS = 2.0
"""How far apart two files of a stack can have been taken, where both tell when."""
_ZONES = timedelta(minutes=15)
"""The clocks of two zones differ by a multiple of it."""
_MOVING = frozenset((".mov", ".mp4"))


def kind_of(path: str) -> str:
    """What a file is to its stack; two of the same kind are no stack."""
    _, dot, suffix = path.rpartition(".")
    suffix = (dot + suffix).lower()
    if suffix in RAW_SUFFIXES:
        return "raw"
    if suffix in _MOVING:
        return "moving"
    return "edited" if is_edited(path) else "picture"


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


def covers(points: Iterable[Stored]) -> Mapping[str, bool]:
    """By the id of each of the points that is in a stack, whether it is the one that stands for it.

    That is the file that the rule for keepers would keep.
    """
    there = {point.id: point for point in points}
    rank = {id_: order(traits_of(point)) for id_, point in there.items()}
    return {
        id_: all(rank[id_] <= rank[mate] for mate in others) for id_, others in mates(there.values()).items()
    }


def are_one(point: Stored, other: Stored) -> bool:
    """Whether two points with the same key are files of one picture."""
    kinds = {kind_of(Fields(each.payload).full_path or "") for each in (point, other)}
    if len(kinds) == 1:
        return False
    first, second = _taken(point), _taken(other)
    if first is None or second is None:
        return True
    apart = abs(first - second)
    if "moving" in kinds:
        # A video tells the time of Greenwich, and a photo next to it the camera's own clock.
        apart = min(apart % _ZONES, _ZONES - apart % _ZONES)
    return apart <= timedelta(seconds=SECONDS)


def _taken(point: Stored) -> datetime | None:
    fields = Fields(point.payload)
    text = fields.taken_local or taken_local(point.payload) or fields.taken_at
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None
