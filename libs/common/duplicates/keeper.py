"""Which of several copies to keep: one rule for every report and every call that moves files.

It depends on the copies alone, whatever order they come in and whenever they were stored.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Protocol

from libs.common.duplicates.protected import NONE, Protected, ProtectedSoFar
from libs.common.points import exif
from libs.common.points.fields import Fields
from libs.common.points.from_exif import taken_local
from libs.common.store.protocol import Payload
from sluice.files.formats import RAW_NAMES

_COPY_MARK = re.compile(
    r"""[ _-]*(?:\(\d{1,3}\)|-edited"""
    r"""|(?<![^\W_])(?:copy|kopie|copie|copia|duplicate)(?:[ _-]*\(?\d{1,3}\)?)?)$"""
    r"""|^(?:copy|kopie|copie|copia)[ _-]+(?:of|von|de|di)[ _-]+""",
    re.IGNORECASE,
)
"""What programs add to the name of a copy: `(1)`, ` copy 2`, ` - Kopie`, `-edited`, `Copy of `."""

_NO_DATE = "9999"
"""Later than any time at which a picture was taken."""


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
    is_protected: bool
    is_link: bool
    area: int
    is_raw: bool
    exif_tags: int
    notes: int
    """How many of rating, people and keywords it has."""
    taken_at: str
    has_copy_mark: bool
    path_length: float


_RULES: tuple[tuple[str, Callable[[Traits], float | str]], ...] = (
    ("in a protected folder", lambda each: not each.is_protected),
    ("a file, not a link", lambda each: each.is_link),
    ("the largest picture", lambda each: -each.area),
    ("a RAW file", lambda each: not each.is_raw),
    ("the richest EXIF", lambda each: -each.exif_tags),
    ("the most ratings, people and keywords", lambda each: -each.notes),
    ("taken first", lambda each: each.taken_at),
    ("a name without a copy mark", lambda each: each.has_copy_mark),
    ("the shortest path", lambda each: each.path_length),
)
_LAST = "the smallest id, the others being equal in all else"


def traits_of(point: Stored, protected: Protected | ProtectedSoFar = NONE) -> Traits:
    """The traits of a point whose payload was read with CHOICE and all EXIF fields."""
    fields = Fields(point.payload)
    path = fields.full_path or ""
    return Traits(
        id=point.id,
        is_protected=protected.holds(path),
        is_link=fields.link_target is not None,
        area=(fields.width or 0) * (fields.height or 0),
        is_raw=(fields.format or "").upper() in RAW_NAMES,
        exif_tags=exif.count(point.payload),
        notes=(fields.rating is not None) + len(fields.people or ()) + len(fields.keywords or ()),
        taken_at=fields.taken_at or taken_local(point.payload) or _NO_DATE,
        has_copy_mark=has_copy_mark(path),
        path_length=len(path) if path else inf,
    )


def has_copy_mark(path: str) -> bool:
    """Whether the file's name says that it is a copy of another file."""
    name = path.rpartition("/")[2]
    return _COPY_MARK.search(name.rpartition(".")[0] or name) is not None


def order(each: Traits) -> tuple[float | str, ...]:
    """The rule as a key to sort by: the one to keep comes first."""
    return (*(worth(each) for _, worth in _RULES), each.id)


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
