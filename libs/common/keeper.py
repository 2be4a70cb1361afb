"""Which of several pictures of the same thing to keep.

The largest area wins, then a RAW file, then the richer EXIF, the older file, the shorter path, and at last
the smallest id. Pure, and the same whatever order the points come in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Protocol

from libs.common.points import exif
from libs.common.points.fields import Fields
from libs.common.sources.formats import RAW_SUFFIXES
from libs.common.store.protocol import Payload

_RAW_FORMATS = frozenset({"RAW", *(suffix.removeprefix(".").upper() for suffix in RAW_SUFFIXES)})


class Stored(Protocol):
    """A point as any read of the store gives it."""

    @property
    def id(self) -> str:
        """The point's id."""

    @property
    def payload(self) -> Payload:
        """What is known of it."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the choice depends on. `area` in pixels; what is not known counts as the worst."""

    id: str
    area: int
    is_raw: bool
    exif_tags: int
    mtime_ns: float
    path_length: float


_RULES: tuple[tuple[str, Callable[[Traits], float]], ...] = (
    ("the largest picture", lambda each: -each.area),
    ("a RAW file", lambda each: not each.is_raw),
    ("the richest EXIF", lambda each: -each.exif_tags),
    ("the oldest file", lambda each: each.mtime_ns),
    ("the shortest path", lambda each: each.path_length),
)
_LAST = "the smallest id, the others being equal in all else"


def traits_of(point: Stored) -> Traits:
    """The traits of a point whose payload was read with CHOICE and all EXIF fields."""
    known = Fields(point.payload)
    path = known.full_path
    return Traits(
        id=point.id,
        area=(known.width or 0) * (known.height or 0),
        is_raw=(known.format or "").upper() in _RAW_FORMATS,
        exif_tags=exif.count(point.payload),
        mtime_ns=inf if known.mtime_ns is None else known.mtime_ns,
        path_length=len(path) if path else inf,
    )


def best(candidates: Iterable[Traits]) -> tuple[str, str]:
    """The id to keep and the rule that decided, in words; ValueError where there are no candidates."""
    left = list(candidates)
    if not left:
        raise ValueError("there is nothing to keep one of")
    reason = "the only one"
    for name, worth in _RULES:
        wanted = min(map(worth, left))
        rest = [each for each in left if worth(each) == wanted]
        left, reason = rest, reason if len(rest) == len(left) else name
        if len(left) == 1:
            return left[0].id, reason
    return min(each.id for each in left), _LAST


def keeper(points: Iterable[Stored]) -> tuple[str, str]:
    """The id of the point to keep and the rule that decided, in words; ValueError where there are none."""
    return best(map(traits_of, points))
