"""What a Filter means, in terms that both engines have: values by kind, and payload paths."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.common.errors import Code, SluiceError
from libs.common.points.fields import Fields
from libs.common.store.protocol import Box, Scalar

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_HALF, _POLE = 180.0, 90.0
_MARGIN = 1e-6
"""Degrees, about 10 cm: a little more than what the engine tells apart."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values that a field may equal. An engine compares text, whole numbers and truth values as such;
    a fraction has no exact match there and is asked for as a range of no width.
    """

    texts: list[str]
    integers: list[int]
    fractions: list[float]
    truths: list[bool]


def by_kind(values: Sequence[Scalar]) -> Values:
    """`values` sorted by kind. A fraction that is a whole number stays one: 5.0 finds 5 and 5.0."""
    return Values(
        texts=[value for value in values if isinstance(value, str)],
        integers=[value for value in values if isinstance(value, int) and not isinstance(value, bool)],
        fractions=[value for value in values if isinstance(value, float)],
        truths=[value for value in values if isinstance(value, bool)],
    )


def parts_of(box: Box) -> tuple[Box, ...]:
    """The box as an engine is asked for it: in two parts over the date line, and not quite up to the poles.

    An engine takes 180 degrees west for 180 degrees east, and the poles for each other: a box around the
    whole earth would be empty, and so would one over the date line that leaves out little.
    """
    if box.west > box.east:
        return (*parts_of(replace(box, east=_HALF)), *parts_of(replace(box, west=-_HALF)))
    west, east = _inside(box.west, _HALF), _inside(box.east, _HALF)
    return (Box(west, _inside(box.south, _POLE), east, _inside(box.north, _POLE)),)


def _inside(degrees: float, most: float) -> float:
    return max(-most + _MARGIN, min(degrees, most - _MARGIN))


def path_of(field: str) -> str:
    """`field` as an engine's path: quoted where it would otherwise mean a path into nested objects.

    `meta.<name>` is such a path.
    """
    mapped, dot, inner = field.partition(".")
    if _PLAIN.fullmatch(field) or (dot and mapped == Fields.meta.name and _PLAIN.fullmatch(inner)):
        return field
    if not field or '"' in field:
        raise SluiceError(Code.STORE_REJECTED, f"a payload field cannot be called {field!r}")
    return f'"{field}"'
