"""What a Filter means, in terms that both engines have: values by kind, and payload paths."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.errors import Code, SluiceError
from libs.common.points.fields import Fields
from libs.common.store.protocol import Scalar

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


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
